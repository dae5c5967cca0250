import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { startApi, type Api } from './api.ts';
import { API_FAULTS, holds, type FaultScript, type Moment, type When } from './script.ts';

const apis: Api[] = [];
afterEach(async () => {
  for (const api of apis.splice(0)) await api.close();
});

async function open(script?: FaultScript): Promise<Api> {
  const api = await startApi(script);
  apis.push(api);
  return api;
}

type Asked = { readonly model?: string; readonly token?: string; readonly session?: string; readonly stream?: boolean };

/** Asks as the main conversation of Claude Code does. */
async function ask(api: Api, texts: readonly string[], asked: Asked = {}): Promise<Response> {
  const messages = texts.flatMap((text, at) => [
    ...(at === 0 ? [] : [{ role: 'assistant', content: 'well' }]),
    {
      role: 'user',
      content: [
        { type: 'text', text: '<system-reminder>\nbe kind\n</system-reminder>' },
        { type: 'text', text },
      ],
    },
  ]);
  return fetch(`${api.url}/v1/messages?beta=true`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${asked.token ?? 'token-aaaa'}`,
      'x-claude-code-session-id': asked.session ?? 'one',
    },
    body: JSON.stringify({
      model: asked.model ?? 'claude-opus-5-5',
      stream: asked.stream ?? false,
      tools: [{ name: 'Bash' }],
      messages,
    }),
  });
}

async function textOf(response: Response): Promise<string> {
  const body = (await response.json()) as { content: { text: string }[] };
  return body.content[0]?.text ?? '';
}

describe('the stand-in for the API', () => {
  test('answers, as JSON or as a stream, and keeps what it was asked', async () => {
    const api = await open();
    expect(await textOf(await ask(api, ['first', 'second']))).toBe('answer to: second');
    const streamed = await (await ask(api, ['third'], { stream: true, session: 'two' })).text();
    expect(streamed).toContain('event: message_stop');
    expect(streamed).toContain('answer to: third');
    expect(api.requests).toMatchObject([
      { kind: 'main', session: 'one', token: 'aaaa', texts: ['first', 'second'], status: 200, turn: 1, process: 1 },
      { kind: 'main', session: 'two', texts: ['third'], status: 200 },
    ]);
  });

  test.skipIf(process.platform !== 'linux')('knows which process asked', async () => {
    const api = await open();
    await ask(api, ['from here']);
    expect(api.requests[0]?.pid).toBe(process.pid);
  });

  test('says so when it has no such path, and greets', async () => {
    const api = await open();
    expect((await fetch(api.url, { method: 'HEAD' })).status).toBe(200);
    const response = await fetch(`${api.url}/v1/nothing`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
  });

  test.skipIf(process.platform !== 'linux')('refuses a latched process, and no other', async () => {
    const api = await open();
    api.latch(process.pid);
    expect((await ask(api, ['here'])).status).toBe(401);
    const other = spawn(process.execPath, ['-e', `fetch('${api.url}/v1/messages', { method: 'POST', body: '{}' })`]);
    const seen = await api.waitForRequest((request) => request.pid === other.pid && request.status !== null);
    expect(seen.status).toBe(200);
    await once(other, 'close');
    api.unlatch(process.pid);
    expect((await ask(api, ['here'])).status).toBe(200);
  });

  test('fails an attempt, and heals with the next one of the same turn', async () => {
    const api = await open({ faults: [{ when: { attempt: { until: 1 } }, do: { api: '401' } }] });
    const statuses = [];
    for (const texts of [['a'], ['a'], ['a', 'b'], ['a', 'b']]) statuses.push((await ask(api, texts)).status);
    expect(statuses).toEqual([401, 200, 401, 200]);
    expect(api.requests.map(({ turn, attempt }) => [turn, attempt])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
      [2, 2],
    ]);
  });

  test('a fault that latches stays when its reason is gone', async () => {
    const api = await open({ faults: [{ when: { contains: 'spark' }, latch: true, do: { api: '401' } }] });
    expect((await ask(api, ['fine'])).status).toBe(200);
    expect((await ask(api, ['fine', 'spark'])).status).toBe(401);
    expect((await ask(api, ['other'], { session: 'two' })).status).toBe(401);
  });

  test('a window opens and closes by call, and a file ends a fault', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'agentvisor-api-'));
    const file = join(folder, 'over');
    const window = { when: { window: 'night' }, do: { api: '529' } } as const;
    const api = await open({ faults: [window, { when: { untilFile: file }, do: { api: '500' } }] });
    expect((await ask(api, ['a'])).status).toBe(500);
    api.openWindow('night');
    expect((await ask(api, ['a'])).status).toBe(529);
    api.closeWindow('night');
    writeFileSync(file, '');
    expect((await ask(api, ['a'])).status).toBe(200);
    rmSync(folder, { recursive: true });
  });

  test('a held request is answered when the script no longer holds it', async () => {
    const api = await open({ faults: [{ do: { api: 'hang' } }] });
    const answer = ask(api, ['wait']);
    const held = await api.waitForRequest((request) => request.texts.includes('wait'));
    expect(held.status).toBe(null);
    api.setScript({});
    expect((await answer).status).toBe(200);
    expect(held.status).toBe(200);
  });

  test('a dropped request has no status', async () => {
    const api = await open({ faults: [{ do: { api: 'drop' } }] });
    await expect(ask(api, ['gone'])).rejects.toThrow('fetch failed');
    expect(api.requests[0]?.status).toBe(null);
  });

  test('a cap says when it ends', async () => {
    const api = await open({ faults: [{ do: { api: '429cap', resetsAt: 1_800_000_000, claim: 'seven_day' } }] });
    const { headers } = await ask(api, ['more']);
    expect(headers.get('anthropic-ratelimit-unified-reset')).toBe('1800000000');
    expect(headers.get('anthropic-ratelimit-unified-representative-claim')).toBe('seven_day');
  });

  test.each(API_FAULTS.filter((one) => one !== 'hang' && one !== 'drop'))(
    'answers %s with its status',
    async (fault) => {
      const api = await open({ faults: [{ do: { api: fault } }] });
      expect((await ask(api, ['a'])).status).toBe(Number.parseInt(fault, 10));
    },
  );

  test('a request beside the conversation is in no turn', async () => {
    const api = await open({ faults: [{ when: { turn: 1 }, do: { api: '401' } }] });
    const body = JSON.stringify({ model: 'claude-haiku-5-5', messages: [{ role: 'user', content: 'title?' }] });
    expect((await fetch(`${api.url}/v1/messages`, { method: 'POST', body })).status).toBe(200);
    expect(api.requests).toMatchObject([{ kind: 'side', turn: 0, texts: ['title?'] }]);
  });
});

describe('a fault holds', () => {
  const moment: Moment = {
    process: 2,
    turn: 3,
    attempt: 1,
    text: 'build the house',
    model: 'claude-opus-5-5',
    token: 'sk-ant-oat01-abcd',
    session: 's',
    pid: 42,
    windows: new Set(['night']),
    nowMs: Date.parse('2026-05-01T12:00:00Z'),
    exists: (file) => file === 'there',
  };
  const cases: readonly (readonly [When, boolean])[] = [
    [{}, true],
    [{ process: 2, turn: { from: 3 }, attempt: { until: 1 } }, true],
    [{ process: { until: 1 } }, false],
    [{ turn: { from: 1, until: 2 } }, false],
    [{ contains: 'house', tier: 'opus', token: 'abcd', session: 's', pid: 42, window: 'night' }, true],
    [{ tier: 'haiku' }, false],
    [{ token: 'zzzz' }, false],
    [{ window: 'day' }, false],
    [{ fromFile: 'there', untilFile: 'not there' }, true],
    [{ untilFile: 'there' }, false],
    [{ from: '2026-05-01T12:00:00Z', until: '2026-05-01T12:00:01Z' }, true],
    [{ until: '2026-05-01T12:00:00Z' }, false],
  ];
  test.each(cases)('%j: %s', (when, held) => {
    expect(holds(when, moment)).toBe(held);
  });
});
