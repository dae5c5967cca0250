import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AgentRow } from '../../src/protocol/rows.ts';
import { noSuchAgent } from '../../src/protocol/errors.ts';
import { encodeResult } from '../../src/protocol/frames.ts';
import { box } from '../box.ts';
import { fakeDaemon } from './fake-daemon.ts';
import { temporaryFolder } from './folder.ts';
import { agentRow } from './rows.ts';
import { runCli } from './run-cli.ts';
import { asked, daemonThatSays, result } from './scripted-daemon.ts';

const sleeper = (name: string): { name: string; mode: string; command: string[] } => ({
  name,
  mode: 'command',
  command: ['sleep', '3600'],
});

describe('jlist', () => {
  test('prints the array of list --json, asked for JSON or not', async () => {
    const rows = [agentRow(), agentRow({ name: 'a' })];
    const { run, daemon } = await daemonThatSays({ list: rows });
    const { stdout } = await run(['list', '--json']);
    expect(await run(['jlist'])).toEqual({ code: 0, stdout, stderr: '' });
    expect(await run(['jlist', '--json'])).toEqual({ code: 0, stdout, stderr: '' });
    await run(['jlist', 'rev*']);
    expect(asked(daemon)).toEqual({ method: 'list', params: { targets: ['rev*'] } });
  });

  test('of nobody is an empty array, with and without a daemon', async () => {
    const { run } = await daemonThatSays({ list: [] });
    expect(await run(['jlist'])).toEqual({ code: 0, stdout: '[]\n', stderr: '' });
    const { code, stdout } = await runCli(['jlist'], { home: join(temporaryFolder(), 'home') });
    expect({ code, stdout }).toEqual({ code: 3, stdout: '[]\n' });
  });

  test('of an agent that is not there ends with 4 and prints nothing', async () => {
    const { run } = await daemonThatSays({ list: noSuchAgent('x') });
    expect(await run(['jlist', 'x'])).toMatchObject({ code: 4, stdout: '' });
  });
});

describe('save', () => {
  test('says that nothing needs it, and how many agents are kept', async () => {
    const { run, daemon } = await daemonThatSays({ save: { agents: 2, degraded: [] } });
    const stdout = 'save and resurrect exist for pm2 hands; state is always saved: 2 agents kept\n';
    expect(await run(['save'])).toEqual({ code: 0, stdout, stderr: '' });
    expect(asked(daemon)).toEqual({ method: 'save', params: {} });
    expect(JSON.parse((await run(['save', '--json'])).stdout)).toEqual({ agents: 2, degraded: [] });
  });

  test('ends with 1 and the reason when the disk refuses, and claims nothing', async () => {
    const { run } = await daemonThatSays({ save: { agents: 2, degraded: ['snapshot: ENOSPC'] } });
    const stderr = 'agentvisor: the disk refuses snapshot: ENOSPC\n';
    expect(await run(['save'])).toEqual({ code: 1, stdout: '', stderr });
  });

  test('without a daemon tells from the files what is kept, starts none and ends with 3', async () => {
    const home = join(temporaryFolder(), 'home');
    const { code, stdout } = await runCli(['save', '--json'], { home });
    expect({ code, stdout }).toEqual({ code: 3, stdout: '{"agents":0,"degraded":[]}\n' });
    expect(existsSync(home)).toBe(false);
  });

  test('leaves a snapshot on the disk', async () => {
    const own = box();
    own.write({ agents: [sleeper('a')] });
    await own.ok('start');
    expect(existsSync(join(own.home, 'state/snapshot.json'))).toBe(false);
    expect(await own.ok('save')).toContain('1 agent kept');
    expect(existsSync(join(own.home, 'state/snapshot.json'))).toBe(true);
  });
});

describe('resurrect', () => {
  test('with a daemon there changes nothing and lists the agents', async () => {
    const rows = [agentRow()];
    const { run, daemon } = await daemonThatSays({ list: rows });
    expect(JSON.parse((await run(['resurrect', '--json'])).stdout)).toEqual(rows);
    expect((await run(['resurrect'])).stdout).toMatch(/^reviewer +running /m);
    expect(daemon.requests.map(({ method }) => method)).toEqual(['hello', 'list', 'hello', 'list']);
  });

  test('brings back who was wanted up after all has died, waits for that, and leaves down who was stopped', async () => {
    const own = box();
    own.write({ agents: [sleeper('a'), sleeper('b')] });
    await own.ok('start');
    await own.ok('stop', 'b');
    const before = await own.row('a');
    await own.ok('daemon', 'stop');
    process.kill(before.pid ?? 0, 'SIGKILL');
    const [a, b] = JSON.parse(await own.ok('resurrect', '--json')) as readonly AgentRow[];
    expect(a).toMatchObject({ name: 'a', desired: 'up', state: 'running' });
    expect(a?.pid).not.toBe(before.pid);
    expect(existsSync(`/proc/${a?.pid}`)).toBe(true);
    expect(b).toMatchObject({ name: 'b', desired: 'down', state: 'stopped', pid: null });
  });

  test('says who could not be brought back and why: 5 when some could, 1 when none could', async () => {
    const own = box();
    own.write({ agents: [sleeper('a'), { ...sleeper('b'), cwd: './b' }] });
    await own.ok('start');
    const before = await own.rows();
    await own.ok('daemon', 'stop');
    for (const { pid } of before) process.kill(pid ?? 0, 'SIGKILL');
    rmSync(join(own.dir, 'b'), { recursive: true });
    const some = await own.av('resurrect');
    expect(some).toMatchObject({ code: 5, stdout: expect.stringMatching(/^a +running /m) });
    expect(some.stderr).toMatch(/^agentvisor: b failed \(spawn-failed: /m);
    await own.ok('stop', 'a');
    expect((await own.av('resurrect')).code).toBe(1);
  });

  test('leaves one that is down in an incident to its time, says so, and starts the others', async () => {
    const gated = agentRow({ name: 'gated', state: 'waiting', health: 'quiet', pid: null, incident: 'i7' });
    const down = agentRow({ name: 'down', state: 'waiting', health: 'unknown', pid: null });
    const rows = [
      agentRow(),
      gated,
      down,
      agentRow({ name: 'ended', state: 'stopped' }),
      agentRow({ name: 'left', state: 'waiting', paused: true }),
      agentRow({ name: 'unwanted', state: 'stopped', desired: 'down' }),
    ];
    const { run, daemon } = await daemonThatSays({ list: rows, start: [result('down', true)] });
    const { code, stdout, stderr } = await run(['resurrect', '--json']);
    expect({ code, rows: JSON.parse(stdout) as unknown }).toEqual({ code: 5, rows });
    expect(stderr).toBe('agentvisor: gated failed (it waits for its time in i7; see: agentvisor explain gated)\n');
    expect(daemon.requests.map(({ method }) => method)).toEqual(['hello', 'list', 'start', 'list']);
    expect(daemon.requests[2]).toEqual({ method: 'start', params: { targets: ['down'] } });
  });

  test('tells after a second for whom it waits', async () => {
    const home = temporaryFolder();
    const rows = [agentRow({ state: 'starting' }), agentRow({ name: 'triage' })];
    await fakeDaemon(home, (method, _, socket) => {
      if (method === 'list') return rows;
      if (method !== 'subscribe') return undefined;
      // Behind the handshake and the list, the start was the third request of the connection.
      setImmediate(() => socket.write(encodeResult(3, [result('reviewer', true)])));
      return { agents: rows, incidents: [] };
    });
    expect(await runCli(['resurrect'], { home })).toMatchObject({
      code: 0,
      stderr: 'agentvisor: reviewer is starting\n',
    });
  });
});

describe('flush', () => {
  test('says of each agent what was freed, in words and as JSON', async () => {
    const flushed = [
      { name: 'a', runs: 3, bytes: 2_621_440 },
      { name: 'b', runs: 1, bytes: 1536 },
      { name: 'c', runs: 1, bytes: 1 },
      { name: 'd', runs: 0, bytes: 0 },
    ];
    const { run, daemon } = await daemonThatSays({ flush: flushed });
    const lines = [
      'a: logs of 3 ended runs removed, 2.5 MB freed',
      'b: logs of 1 ended run removed, 1.5 KB freed',
      'c: logs of 1 ended run removed, 1 byte freed',
      'd: no ended runs',
    ];
    expect(await run(['flush'])).toEqual({ code: 0, stdout: `${lines.join('\n')}\n`, stderr: '' });
    expect(JSON.parse((await run(['flush', 'a', 'n*', '--json'])).stdout)).toEqual(flushed);
    expect(asked(daemon)).toEqual({ method: 'flush', params: { targets: ['a', 'n*'] } });
  });

  test('of nobody says so', async () => {
    const { run } = await daemonThatSays({ flush: [] });
    expect(await run(['flush'])).toEqual({ code: 0, stdout: '', stderr: 'agentvisor: there are no agents\n' });
  });

  test('removes what ended runs have written and leaves the live run its files', async () => {
    const own = box();
    const talker = (name: string): { name: string; mode: string; command: string[] } => ({
      name,
      mode: 'command',
      command: ['sh', '-c', 'echo here I am; exec sleep 3600'],
    });
    own.write({ agents: [talker('a'), talker('b')] });
    await own.ok('start');
    await own.ok('restart', 'all');
    const live = (await own.row('a')).run ?? '';
    const runs = (name: string): readonly string[] => readdirSync(join(own.home, 'agents', name, 'runs'));
    expect([runs('a').length, runs('b').length]).toEqual([2, 2]);
    const [flushed] = JSON.parse(await own.ok('flush', 'a', '--json')) as readonly unknown[];
    expect(flushed).toEqual({ name: 'a', runs: 1, bytes: 'here I am\n'.length });
    expect(runs('a')).toEqual([live]);
    expect(runs('b')).toHaveLength(2);
    expect(await own.row('a')).toMatchObject({ state: 'running', run: live });
    expect(await own.ok('logs', 'a', '--raw')).toBe('here I am\n');
    await own.ok('stop', 'all');
    await own.ok('flush');
    expect([runs('a'), runs('b')]).toEqual([[], []]);
    expect(await own.ok('start', 'a')).toBe('a started\n');
  });
});
