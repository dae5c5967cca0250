import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { AgentvisorError, EXIT_CODES } from '../../src/protocol/errors.ts';
import type { ErrorCode } from '../../src/protocol/errors.ts';
import {
  ID_CHARACTERS_MAX,
  createSplitter,
  decodeRequest,
  decodeResponse,
  encodeError,
  encodeNotification,
  encodeProblem,
  encodeRequest,
  encodeResult,
} from '../../src/protocol/frames.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const frameOf = (line: string): Uint8Array => bytes(line.trimEnd());

describe('a request', () => {
  test('arrives as it was sent', () => {
    const line = encodeRequest(7, 'send', { agent: 'a', text: 'two\nlines, ü and 🙂' });
    expect(line.match(/\n/g)).toHaveLength(1);
    expect(decodeRequest(frameOf(line))).toEqual({
      kind: 'request',
      id: 7,
      method: 'send',
      params: { agent: 'a', text: 'two\nlines, ü and 🙂' },
    });
  });

  test('without params has empty ones, without an id is a notification', () => {
    expect(decodeRequest(bytes('{"jsonrpc":"2.0","id":"x","method":"ping"}'))).toMatchObject({
      kind: 'request',
      params: {},
    });
    expect(decodeRequest(bytes('{"jsonrpc":"2.0","method":"ping"}'))).toMatchObject({ kind: 'notification' });
  });

  test.each([
    ['no JSON', 'GET / HTTP/1.1', null],
    ['half a frame', '{"jsonrpc":"2.0","id":1', null],
    ['an array', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', null],
    ['null', 'null', null],
    ['another protocol', '{"jsonrpc":"1.0","id":1,"method":"ping"}', null],
    ['no method', '{"jsonrpc":"2.0","id":1}', 1],
    ['an empty method', '{"jsonrpc":"2.0","id":1,"method":""}', 1],
    ['a method that is no text', '{"jsonrpc":"2.0","id":1,"method":{}}', 1],
    ['params that are a text', '{"jsonrpc":"2.0","id":1,"method":"ping","params":"x"}', 1],
    ['an id that is an object', '{"jsonrpc":"2.0","id":{},"method":"ping"}', null],
    ['an id that is null', '{"jsonrpc":"2.0","id":null,"method":"ping"}', null],
    ['an id beyond exact numbers', '{"jsonrpc":"2.0","id":1e300,"method":"ping"}', null],
    ['a huge id', JSON.stringify({ jsonrpc: '2.0', id: 'x'.repeat(ID_CHARACTERS_MAX + 1), method: 'ping' }), null],
  ])('that is wrong (%s) becomes a value, not an exception', (_, text, id) => {
    expect(decodeRequest(bytes(text))).toMatchObject({ kind: 'invalid', id });
  });

  test('that is not UTF-8 is refused instead of changed', () => {
    expect(decodeRequest(Buffer.from([0x7b, 0xff, 0x7d]))).toMatchObject({ kind: 'invalid' });
  });

  test('that is nested far deeper than any method takes is refused; brackets in a text are none', () => {
    const around = (params: string): Uint8Array => bytes(`{"jsonrpc":"2.0","id":1,"method":"send","params":${params}}`);
    const text = JSON.stringify(`${'[{'.repeat(300_000)} "quoted" \\`);
    expect(decodeRequest(around(`{"text":${text},"list":[[[]]]}`))).toMatchObject({ kind: 'request', id: 1 });
    expect(decodeRequest(around(`${'['.repeat(100)}${']'.repeat(100)}`))).toMatchObject({ kind: 'invalid' });
    expect(decodeRequest(around(`{"list":[${'{},'.repeat(300_000)}{}]}`))).toMatchObject({ kind: 'invalid' });
  });

  test('a refusal does not repeat what stood in the frame', () => {
    const problem = decodeRequest(bytes('{"token":"secret-words"'));
    expect(JSON.stringify(problem)).not.toContain('secret-words');
  });

  test('whatever arrives, decoding never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(bytes), fc.string().map(bytes)), (garbage) => {
        expect(['request', 'notification', 'invalid']).toContain(decodeRequest(garbage).kind);
        expect(['result', 'error', 'notification', 'invalid']).toContain(decodeResponse(garbage).kind);
      }),
    );
  });
});

describe('an answer', () => {
  test('carries its result, and null in place of nothing', () => {
    expect(decodeResponse(frameOf(encodeResult(1, [1])))).toEqual({ kind: 'result', id: 1, result: [1] });
    expect(decodeResponse(frameOf(encodeResult(1, undefined)))).toEqual({ kind: 'result', id: 1, result: null });
  });

  test.each(Object.keys(EXIT_CODES) as ErrorCode[])(
    'that is a %s error keeps its code, message and next step',
    (code) => {
      const decoded = decodeResponse(frameOf(encodeError(3, new AgentvisorError(code, 'It is so.', 'Do this.'))));
      expect(decoded).toMatchObject({
        kind: 'error',
        id: 3,
        error: { code, message: 'It is so.', nextStep: 'Do this.' },
      });
      expect(decoded.kind === 'error' && decoded.error).toBeInstanceOf(AgentvisorError);
    },
  );

  test('made of a bug of ours is a failure and shows no stack', () => {
    const line = encodeError(3, new Error('agentvisor bug: x'));
    expect(line).not.toContain('at ');
    expect(decodeResponse(frameOf(line))).toMatchObject({
      kind: 'error',
      error: { code: 'failed', message: 'agentvisor bug: x' },
    });
  });

  test('to a frame that is none has the id null', () => {
    const problem = decodeRequest(bytes('x'));
    expect(problem.kind === 'invalid' && decodeResponse(frameOf(encodeProblem(problem)))).toMatchObject({
      kind: 'error',
      id: null,
    });
  });

  test('with an unknown code from a newer daemon is a plain failure', () => {
    const line = '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"m","data":{"code":"toString"}}}';
    expect(decodeResponse(bytes(line))).toMatchObject({
      kind: 'error',
      error: { code: 'failed', message: 'm', nextStep: '' },
    });
  });

  test('can be a notification', () => {
    expect(decodeResponse(frameOf(encodeNotification('agent', { name: 'a' })))).toEqual({
      kind: 'notification',
      method: 'agent',
      params: { name: 'a' },
    });
  });
});

describe('the splitter', () => {
  test('gives the same frames however the stream was cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('\n'))),
        fc.integer({ min: 1, max: 7 }),
        (frames, size) => {
          const stream = Buffer.from(frames.map((frame) => `${frame}\n`).join(''));
          const splitter = createSplitter(1_000_000);
          const found: unknown[] = [];
          for (let at = 0; at < stream.length; at += size) found.push(...splitter.push(stream.subarray(at, at + size)));
          expect(texts(found)).toEqual(frames);
        },
      ),
    );
  });

  test('holds a large frame that comes byte by byte in about as much memory as the frame', () => {
    const splitter = createSplitter(2_000_000);
    const byte = bytes('x');
    const before = process.memoryUsage().heapUsed;
    for (let sent = 0; sent < 1_000_000; sent += 1) splitter.push(byte);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(48 * 1024 * 1024);
    expect(splitter.push(bytes('\n'))).toHaveLength(1);
  });

  test('reports a frame over the bound once, as soon as it is over, and goes on with the next one', () => {
    const splitter = createSplitter(4);
    expect(splitter.push(bytes('12345'))).toMatchObject([{ kind: 'invalid', id: null }]);
    expect(splitter.push(bytes('67890'))).toEqual([]);
    expect(texts(splitter.push(bytes('1\n1234\n')))).toEqual(['1234']);
  });

  test('takes a frame of exactly the bound, and skips empty lines', () => {
    expect(texts(createSplitter(4).push(bytes('\n1234\n\n')))).toEqual(['1234']);
  });
});

const texts = (found: readonly unknown[]): unknown[] =>
  found.map((frame) => (frame instanceof Uint8Array ? Buffer.from(frame).toString() : frame));
