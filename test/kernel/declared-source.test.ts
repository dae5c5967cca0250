import { describe, expect, test } from 'vitest';
import { otherThan } from '../../src/kernel/undeclared-source.ts';
import type { CredentialSpec } from '../../src/kernel/spec.ts';
import { agentIn, ADA } from './fleet-of.ts';
import { answers, at, ends, late, play, restart, says, send, start, WORKING, type Act } from './scenario.ts';

const begins = (apiKeySource: string | null): Act =>
  says({ fact: 'turn-started', sessionId: null, model: 'claude-opus-4-5', claudeVersion: null, apiKeySource });

describe('what Claude Code calls its source is another than the declared one', () => {
  const rows: readonly (readonly [
    CredentialSpec['type'],
    string | null | undefined,
    string | null | undefined,
    string | null,
  ])[] = [
    ['oauth-token', undefined, undefined, null],
    ['oauth-token', null, null, null],
    ['oauth-token', 'CLAUDE_CODE_OAUTH_TOKEN', 'none', null],
    ['oauth-token', 'CLAUDE_CODE_OAUTH_TOKEN', 'oauth', null],
    ['oauth-token', 'CLAUDE_CODE_OAUTH_TOKEN', 'ANTHROPIC_API_KEY', 'ANTHROPIC_API_KEY'],
    ['oauth-token', 'CLAUDE_CODE_OAUTH_TOKEN', 'apiKeyHelper', 'apiKeyHelper'],
    ['oauth-token', 'ANTHROPIC_AUTH_TOKEN', 'none', 'ANTHROPIC_AUTH_TOKEN'],
    ['oauth-token', 'claude.ai', 'none', 'claude.ai'],
    ['api-key', 'ANTHROPIC_API_KEY', 'ANTHROPIC_API_KEY', null],
    ['api-key', 'ANTHROPIC_API_KEY', null, null],
    ['api-key', 'CLAUDE_CODE_OAUTH_TOKEN', undefined, 'CLAUDE_CODE_OAUTH_TOKEN'],
    ['api-key', null, 'none', 'none'],
    ['stored-login', 'claude.ai', 'none', null],
    ['stored-login', null, '/login managed key', null],
    ['stored-login', 'ANTHROPIC_AUTH_TOKEN', undefined, 'ANTHROPIC_AUTH_TOKEN'],
    ['stored-login', 'claude.ai', 'apiKeyHelper', 'apiKeyHelper'],
  ];
  test.each(rows)('%s, told %s and %s: %s', (type, tokenSource, apiKeySource, other) => {
    const heard = {
      ...(tokenSource === undefined ? {} : { tokenSource }),
      ...(apiKeySource === undefined ? {} : { apiKeySource }),
    };
    expect(otherThan(type, heard)).toBe(other);
  });
});

describe('a turn that begins with a key beside the declared token', () => {
  const turn = [...WORKING, at('10s', send('m2')), at('11s', begins('ANTHROPIC_API_KEY'))];

  test('is told at once, as a fault of the configuration', () => {
    const { fleet } = play('12s', turn);
    const [incident, ...others] = Object.values(fleet.incidents);
    expect(others).toEqual([]);
    expect(incident).toMatchObject({ scope: 'config', cause: 'config', agents: ['ada'] });
    expect(incident?.evidence[0]).toContain("credential 'max' is declared, but Claude Code uses ANTHROPIC_API_KEY");
    expect(agentIn(fleet)).toMatchObject({
      health: 'held',
      state: { run: { tokenSource: 'CLAUDE_CODE_OAUTH_TOKEN', apiKeySource: 'ANTHROPIC_API_KEY' } },
    });
  });

  test('shows by its good answer nothing of the declared credential, and the agent is asked nothing more', () => {
    const before = play('12s', turn);
    const after = play('40s', [
      ...turn,
      at('12s', answers('msg_2'), ends('good')),
      at('13s', send('m3')),
      at('20s', begins('ANTHROPIC_API_KEY')),
    ]);
    expect(after.fleet.ledger).toEqual(before.fleet.ledger);
    expect(agentIn(after.fleet)).toMatchObject({ health: 'held', queue: [{ state: 'queued' }] });
    expect(Object.values(after.fleet.incidents)[0]?.evidence).toHaveLength(1);
  });

  test('is over when the next process uses the declared one and answers', () => {
    const { fleet } = play('1m', [
      ...turn,
      at('12s', answers('msg_2'), ends('good')),
      at('13s', send('m3')),
      at('20s', restart()),
      at('25s', begins('none'), answers('msg_3'), ends('good')),
    ]);
    expect(fleet.incidents).toEqual({});
    expect(agentIn(fleet).health).toBe('healthy');
  });

  test('is told, too, when nobody listened as it began', () => {
    const { fleet } = play('12s', [...WORKING, at('10s', late(begins('ANTHROPIC_API_KEY')))]);
    expect(Object.values(fleet.incidents).map(({ cause }) => cause)).toEqual(['config']);
  });
});

test('an agent without a declared credential may use what it likes', () => {
  const { fleet } = play('12s', [at('0s', start()), at('5s', begins('ANTHROPIC_API_KEY'))], {
    ...ADA,
    credentials: [],
  });
  expect(fleet.incidents).toEqual({});
});
