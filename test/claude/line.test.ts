import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseLine } from '../../src/claude/line.ts';
import { shuffled, streamObject } from './arbitraries.ts';

const parse = (value: unknown): unknown => parseLine(JSON.stringify(value));

const controlAnswer = (id: string, body?: unknown): unknown => ({
  type: 'control_response',
  response: { subtype: 'success', request_id: id, ...(body === undefined ? {} : { response: body }) },
});
const account = (fields: object): object => ({
  commands: [],
  account: { ...fields, apiProvider: 'firstParty' },
  pid: 7,
});

describe('answers to control requests (both versions)', () => {
  test('initialize names the credential that is used', () => {
    expect(parse(controlAnswer('init-1', account({ tokenSource: 'CLAUDE_CODE_OAUTH_TOKEN' })))).toEqual({
      fact: 'initialized',
      tokenSource: 'CLAUDE_CODE_OAUTH_TOKEN',
    });
    expect(parse(controlAnswer('init-1', account({ tokenSource: 'none' })))).toMatchObject({ tokenSource: 'none' });
  });

  test('an API key beside a token is what is used, though the token is named too', () => {
    const both = { tokenSource: 'CLAUDE_CODE_OAUTH_TOKEN', apiKeySource: 'ANTHROPIC_API_KEY' };
    expect(parse(controlAnswer('init-1', account(both)))).toMatchObject({ tokenSource: 'ANTHROPIC_API_KEY' });
    expect(parse(controlAnswer('init-1', account({ ...both, tokenSource: 'none' })))).toMatchObject({
      tokenSource: 'ANTHROPIC_API_KEY',
    });
  });

  test('a stored login is named by neither version', () => {
    expect(parse(controlAnswer('init-1', account({ subscriptionType: 'Claude Max' })))).toEqual({
      fact: 'initialized',
      tokenSource: null,
    });
  });

  test('the answer to an interrupt is no initialization', () => {
    expect(parse(controlAnswer('interrupt-1'))).toMatchObject({ fact: 'other' });
    expect(parse(controlAnswer('interrupt-1', { still_queued: [] }))).toMatchObject({ fact: 'other' });
    expect(parse(controlAnswer('interrupt-1', account({ tokenSource: 'x' })))).toMatchObject({ fact: 'other' });
  });

  test('a refused initialize is none either', () => {
    const refused = { subtype: 'error', request_id: 'init-1', error: 'Unsupported control request subtype' };
    expect(parse({ type: 'control_response', response: refused })).toEqual({
      fact: 'other',
      what: 'control_response/error',
    });
  });
});

describe('messages', () => {
  const echo = { type: 'user', uuid: 'u', isReplay: true, message: { role: 'user', content: 'hello' } };

  test('only our own message, echoed, is accepted', () => {
    expect(parse(echo)).toEqual({ fact: 'accepted', uuid: 'u' });
    expect(parse({ ...echo, message: { role: 'user', content: [] } })).toEqual({ fact: 'accepted', uuid: 'u' });
    for (const change of [{ isReplay: false }, { isReplay: 'true' }, { uuid: null }, { parent_tool_use_id: 't' }]) {
      expect(parse({ ...echo, ...change })).toEqual({ fact: 'other', what: 'user' });
    }
    const content = [{ type: 'tool_result', tool_use_id: 't', content: 'x' }];
    expect(parse({ ...echo, message: { role: 'user', content } })).toEqual({ fact: 'other', what: 'user' });
  });

  const answer = {
    type: 'assistant',
    uuid: 'u',
    request_id: 'req_1',
    parent_tool_use_id: null,
    message: { id: 'msg_1', model: 'claude-opus-4-8', content: [{ type: 'text', text: 'hi' }] },
  };

  test('an answer says whether tools were used and who said it', () => {
    expect(parse(answer)).toEqual({
      fact: 'answered',
      messageId: 'msg_1',
      model: 'claude-opus-4-8',
      uuid: 'u',
      requestId: 'req_1',
      usedTools: false,
      sidechain: false,
    });
    const content = [
      { type: 'text', text: 'hi' },
      { type: 'tool_use', id: 't', name: 'Bash', input: {} },
    ];
    expect(parse({ ...answer, message: { ...answer.message, content } })).toMatchObject({ usedTools: true });
    expect(parse({ ...answer, parent_tool_use_id: 'toolu_1' })).toMatchObject({ sidechain: true });
    expect(parse({ ...answer, parent_tool_use_id: '' })).toMatchObject({ sidechain: false });
  });

  test('a real model with an error is no answer, a synthetic one without an error is no failure', () => {
    expect(parse({ ...answer, error: 'server_error' })).toMatchObject({ fact: 'refused' });
    expect(parse({ ...answer, isApiErrorMessage: true })).toMatchObject({ fact: 'refused' });
    expect(parse({ ...answer, error: null, isApiErrorMessage: false })).toMatchObject({ fact: 'answered' });
    expect(parse({ ...answer, message: { ...answer.message, model: '<synthetic>' } })).toMatchObject({ fact: 'other' });
    expect(parse({ ...answer, message: { content: 'hi' } })).toMatchObject({ fact: 'other' });
  });

  test('an error that is no word is still an error, of a kind that is not guessed', () => {
    expect(parse({ ...answer, error: { status: 401 } })).toMatchObject({ failure: { kind: 'unknown', error: null } });
    expect(parse({ ...answer, error: 'a_new_word' })).toMatchObject({
      failure: { kind: 'unknown', error: 'a_new_word' },
    });
    expect(parse({ ...answer, error: 'constructor' })).toMatchObject({ failure: { kind: 'unknown' } });
  });
});

describe('results', () => {
  const result = { type: 'result', subtype: 'success', session_id: 's', total_cost_usd: 0.25, result: 'pong' };

  test('is_error alone tells a failure', () => {
    expect(parse({ ...result, is_error: false, api_error_status: 401 })).toEqual({
      fact: 'turn-ended',
      local: false,
      outcome: 'good',
      failure: null,
      sessionId: 's',
      totalCostUsd: 0.25,
    });
    expect(parse({ ...result, subtype: 'error_max_turns', is_error: false })).toMatchObject({ outcome: 'good' });
    expect(parse({ ...result, is_error: true })).toMatchObject({ outcome: 'failed', failure: { kind: 'unknown' } });
  });

  test('a turn without a round with the model was dealt with by Claude Code itself, unless it was interrupted', () => {
    expect(parse({ ...result, is_error: false, num_turns: 0 })).toMatchObject({ local: true });
    expect(parse({ ...result, is_error: false, num_turns: 1 })).toMatchObject({ local: false });
    expect(parse({ ...result, is_error: true, num_turns: 0, terminal_reason: 'aborted_streaming' })).toMatchObject({
      outcome: 'aborted',
      local: false,
    });
  });

  test('an interrupted turn has not failed', () => {
    const errors = ['[ede_diagnostic] result_type=user last_content_type=n/a stop_reason=null'];
    const aborted = { type: 'result', subtype: 'error_during_execution', is_error: true, errors };
    expect(parse({ ...aborted, terminal_reason: 'aborted_streaming' })).toMatchObject({
      outcome: 'aborted',
      failure: null,
    });
    expect(parse({ ...aborted, terminal_reason: 'completed' })).toMatchObject({
      failure: { kind: 'unknown', error: 'error_during_execution', text: errors[0] },
    });
  });

  test('numbers that are no amounts, statuses or instants are absent', () => {
    const line = `{"type":"result","is_error":true,"total_cost_usd":1e999,"api_error_status":1e99,"quotaLimits":{"rateLimitType":"five_hour","resetsAt":-1e999}}`;
    expect(parseLine(line)).toMatchObject({ totalCostUsd: null, failure: { status: null, resetsAt: null } });
  });
});

const event = (info: object): unknown => parse({ type: 'rate_limit_event', rate_limit_info: info });

test('a quota event that rejects is heard, with or without a time', () => {
  expect(event({ status: 'rejected', resetsAt: 1_795_160_266, rateLimitType: 'five_hour' })).toEqual({
    fact: 'limited',
    resetsAt: 1_795_160_266_000,
    limit: 'five_hour',
  });
  expect(event({ status: 'rejected', isUsingOverage: false })).toEqual({
    fact: 'limited',
    resetsAt: null,
    limit: null,
  });
  expect(event({ status: 'allowed_warning' })).toEqual({ fact: 'other', what: 'rate_limit_event/allowed_warning' });
});

describe('anything else', () => {
  test.each([
    '',
    ' ',
    'null',
    '[]',
    '[1]',
    '"result"',
    '1e999',
    '{',
    '{"type":"result"',
    '\ufeff{"type":"result"}',
    'undefined',
  ])('%j is no fact', (line) => {
    expect(parseLine(line)).toEqual({ fact: 'other', what: 'not-json' });
  });

  test('deep nesting ends in a fact, not in a stack overflow', () => {
    const depth = 200_000;
    expect(parseLine(`${'['.repeat(depth)}${']'.repeat(depth)}`)).toMatchObject({ fact: 'other' });
    expect(parseLine(`{"type":"x","a":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`)).toMatchObject({
      fact: 'other',
    });
  });

  test('keys of the prototype are keys like all others', () => {
    expect(parseLine(`{"__proto__":{"type":"result","is_error":true}}`)).toEqual({ fact: 'other', what: 'untyped' });
    expect(parseLine(`{"type":"__proto__","constructor":1}`)).toEqual({ fact: 'other', what: '__proto__' });
    expect(({} as Record<string, unknown>)['is_error']).toBeUndefined();
  });

  test('an unknown type is named, shortly and without secrets', () => {
    expect(parse({ type: 'command_lifecycle', state: 'queued' })).toEqual({ fact: 'other', what: 'command_lifecycle' });
    expect(parse({ type: 'system', subtype: 'session_state_changed' })).toEqual({
      fact: 'other',
      what: 'system/session_state_changed',
    });
    const long = parseLine(JSON.stringify({ type: `sk-ant-oat01-${'a'.repeat(95)}${'\n x'.repeat(90)}` }));
    expect(long).toMatchObject({ what: expect.stringMatching(/^sk-ant-oat01-\[redacted\].{0,40}$/) });
  });
});

test('no line makes the parser throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        streamObject.map((value) => JSON.stringify(value)),
      ),
      (line) => {
        expect(parseLine(line)).toHaveProperty('fact');
      },
    ),
    { numRuns: 500 },
  );
});

test('the order of keys means nothing, at any depth', () => {
  fc.assert(
    fc.property(
      streamObject.chain((value) => fc.tuple(fc.constant(value), shuffled(value))),
      ([value, other]) => {
        expect(parse(other)).toEqual(parse(value));
      },
    ),
    { numRuns: 500 },
  );
});
