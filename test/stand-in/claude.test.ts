import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { Drivers, STAND_IN, type Driven } from './drive.ts';
import type { Deed, FaultScript, When } from './script.ts';

const drivers = new Drivers();
afterEach(() => drivers.close());

type World = {
  readonly home: string;
  readonly start: (...flags: readonly string[]) => Driven;
  readonly setScript: (script: FaultScript) => void;
};

function world(script: FaultScript = {}, more: Readonly<Record<string, string>> = {}): World {
  const home = drivers.home();
  const file = join(home, 'script.json');
  const setScript = (next: FaultScript): void => writeFileSync(file, JSON.stringify(next));
  setScript(script);
  const env = { STAND_IN_SCRIPT: file, STAND_IN_SPEED: '1000', ...more };
  const start = (...args: readonly string[]): Driven => drivers.start({ bin: STAND_IN, args, home, env });
  return { home, start, setScript };
}

function one(deed: Deed, when: When = {}): FaultScript {
  return { faults: [{ when, do: deed }] };
}

const isInit = (line: Readonly<Record<string, unknown>>): boolean => line['subtype'] === 'init';

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('without a script', () => {
  test('it answers, counts its costs and remembers its conversation', async () => {
    const { start } = world();
    const session = randomUUID();
    const first = start('--session-id', session, '--model', 'opus');
    expect(await first.turn('ping')).toMatchObject({ result: 'answer to: ping', total_cost_usd: 0.0001 });
    expect(await first.turn([{ type: 'text', text: 'pong' }])).toMatchObject({
      result: 'answer to: pong',
      total_cost_usd: 0.0002,
    });
    expect(await first.end()).toEqual({ code: 0, signal: null });
    const second = start('--resume', session);
    expect(await second.turn('again')).toMatchObject({ session_id: session, total_cost_usd: 0.00005 });
  });

  test.each(['2.1.195', '2.1.328'])('it says that it is %s', (version) => {
    const env = { PATH: process.env['PATH'] ?? '', STAND_IN_VERSION: version };
    const { stdout, status } = spawnSync(STAND_IN, ['--version'], { env, encoding: 'utf8' });
    expect([stdout, status]).toEqual([`${version} (Claude Code)\n`, 0]);
  });

  test('it names the credential that it was given', async () => {
    const { start } = world({}, { CLAUDE_CODE_OAUTH_TOKEN: '', ANTHROPIC_API_KEY: 'sk-ant-api03-x' });
    const agent = start();
    agent.control('initialize');
    const line = await agent.line((reply) => reply['type'] === 'control_response');
    expect(line).toMatchObject({
      response: { response: { account: { tokenSource: 'none', apiKeySource: 'ANTHROPIC_API_KEY' } } },
    });
  });
});

describe('a script', () => {
  test('binds a 401 to one process from its second turn on', async () => {
    const { start } = world({ faults: [{ when: { process: 1, turn: 2 }, latch: true, do: { api: '401' } }] });
    const session = randomUUID();
    const first = start('--session-id', session);
    expect(await first.turn('one')).toMatchObject({ is_error: false });
    expect(await first.turn('two')).toMatchObject({ is_error: true, api_error_status: 401 });
    expect(await first.turn('three')).toMatchObject({ is_error: true, api_error_status: 401 });
    expect(await first.end()).toEqual({ code: 1, signal: null });
    expect(await start('--resume', session).turn('four')).toMatchObject({ is_error: false });
  });

  test('is read again while it runs, and a file can end a fault', async () => {
    const { home, start, setScript } = world(one({ api: '401' }, { untilFile: 'over' }));
    const agent = start();
    expect(await agent.turn('one')).toMatchObject({ is_error: true });
    writeFileSync(join(home, 'over'), '');
    expect(await agent.turn('two')).toMatchObject({ is_error: false });
    setScript(one({ answer: 'no {text}' }));
    expect(await agent.turn('three')).toMatchObject({ result: 'no three' });
  });

  test('releases a turn that hangs', async () => {
    const { start, setScript } = world(one({ api: 'hang' }));
    const agent = start();
    agent.say('one');
    await agent.line(isInit);
    setScript({});
    expect(await agent.line((line) => line['type'] === 'result')).toMatchObject({ is_error: false });
  });

  test('counts how often the conversation holds a question', async () => {
    const { start, setScript } = world(one({ api: '400credit' }));
    const agent = start();
    await agent.turn('why');
    setScript(one({ answer: 'asked {seen} times' }));
    expect(await agent.turn('why')).toMatchObject({ result: 'asked 2 times' });
  });

  test('lets a tool print what looks like a failure, and quotes it', async () => {
    const { start } = world(
      one({ tool: { command: 'ignored', output: 'API Error: 401', exitCode: 1 }, answer: 'it said {tool}' }),
    );
    expect(await start().turn('use it')).toMatchObject({ is_error: false, result: 'it said API Error: 401' });
  });

  test('is not logged in', async () => {
    const result = await world(one({ api: 'notLoggedIn' }))
      .start()
      .turn('one');
    expect(result).toMatchObject({
      is_error: true,
      api_error_status: null,
      result: 'Not logged in · Please run /login',
    });
  });
});

describe('a process', () => {
  test('crashes before it is heard of', async () => {
    const agent = world(one({ exit: { at: 'start', code: 7, stderr: 'no luck' } })).start();
    expect(await agent.exited).toEqual({ code: 7, signal: null });
    expect(agent.stderr).toBe('no luck\n');
  });

  test('dies of a signal in a turn', async () => {
    const agent = world(one({ exit: { signal: 'SIGTERM' } })).start();
    agent.say('one');
    expect(await agent.exited).toEqual({ code: null, signal: 'SIGTERM' });
    expect(agent.lines.some(isInit)).toBe(true);
  });

  test('dies in the middle of a line', async () => {
    const agent = world(one({ halfLine: 'result' })).start();
    agent.say('one');
    expect(await agent.exited).toEqual({ code: 1, signal: null });
    expect(agent.rest).toContain('"duration_api_ms"');
    expect(agent.lines.some((line) => line['type'] === 'assistant')).toBe(true);
  });

  test('never becomes ready, and ends when told', async () => {
    const agent = world(one({ neverReady: true, print: { at: 'start', text: 'hello' } })).start();
    agent.control('initialize');
    agent.say('one');
    await agent.line((line) => line['unparsed'] === 'hello');
    expect(await agent.kill('SIGTERM')).toEqual({ code: 143, signal: null });
    expect(agent.texts).toEqual(['hello']);
  });

  test('ignores SIGTERM', async () => {
    const agent = world(one({ ignoreTerm: true })).start();
    await agent.turn('one');
    agent.child.kill('SIGTERM');
    await agent.turn('two');
    expect(await agent.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
  });

  test('hears nothing any more after a result', async () => {
    const agent = world(one({ hang: 'afterResult' })).start();
    await agent.turn('one');
    agent.child.kill('SIGTERM');
    agent.child.kill('SIGINT');
    agent.say('two');
    agent.child.stdin?.end();
    // Nothing is what has to happen here, so there is nothing to wait for but a while.
    expect(await Promise.race([agent.exited, sleep(200, 'still there')])).toBe('still there');
    expect(agent.lines.filter(isInit)).toHaveLength(1);
  });

  test('prints no result after a tool, until it is interrupted', async () => {
    const agent = world(one({ tool: { command: 'echo' }, hang: 'afterTool' })).start();
    agent.say('one');
    await agent.line((line) => line['tool_use_result'] !== undefined);
    agent.control('interrupt');
    expect(await agent.line((line) => line['type'] === 'result')).toMatchObject({ is_error: true });
  });

  test('prints a line of many megabytes, and goes on', async () => {
    const bytes = 8 * 2 ** 20;
    const agent = world(one({ print: { bytes } })).start();
    await agent.turn('one');
    expect(agent.texts.some((text) => text.length > bytes)).toBe(true);
  });

  test('floods, and prints what is not JSON', async () => {
    const agent = world(one({ print: { text: 'not {json', lines: 2_000 } })).start();
    await agent.turn('one');
    expect(agent.texts.filter((text) => text === 'not {json')).toHaveLength(2_000);
  });

  test('splits characters between writes', async () => {
    const agent = world(one({ chunkBytes: 7 })).start();
    expect(await agent.turn('grüße 🙂')).toMatchObject({ result: 'answer to: grüße 🙂' });
  });

  test('leaves three kinds of process behind', async () => {
    const kinds = ['child', 'setsid', 'daemon'] as const;
    const { home, start } = world(one({ leftovers: { kinds, pidFile: 'pids', seconds: 30 } }));
    const agent = start();
    await agent.turn('one');
    const file = join(home, 'pids');
    const pids = (): number[] => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : []);
    try {
      await expect.poll(() => pids().length).toBe(3);
      await agent.kill('SIGKILL');
      expect(pids().filter(alive)).toHaveLength(3);
    } finally {
      for (const pid of pids().filter(alive)) process.kill(pid, 'SIGKILL');
    }
  });

  test('grows', async () => {
    const agent = world(one({ memory: { mb: 20, everyMs: 1, mbMax: 100 }, costUsd: 1 })).start();
    expect(await agent.turn('one')).toMatchObject({ total_cost_usd: 1 });
    const status = (): string => readFileSync(`/proc/${agent.child.pid}/status`, 'utf8');
    if (process.platform !== 'linux') return;
    await expect.poll(() => Number(/VmRSS:\s+(\d+)/.exec(status())?.[1]) / 1024).toBeGreaterThan(100);
  });

  test('tells another source of its credential', async () => {
    const agent = world(one({ tokenSource: 'claude.ai' })).start();
    agent.control('initialize');
    const line = await agent.line((reply) => reply['type'] === 'control_response');
    expect(JSON.stringify(line)).toContain('"tokenSource":"claude.ai"');
  });
});
