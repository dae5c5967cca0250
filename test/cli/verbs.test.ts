import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { snapshotFile, stateFolder } from '../../src/home/paths.ts';
import { noSuchAgent } from '../../src/protocol/errors.ts';
import { encodeNotification, encodeResult } from '../../src/protocol/frames.ts';
import { HELLO, fakeDaemon } from './fake-daemon.ts';
import { temporaryFolder } from './folder.ts';
import { agentRow, eventRow } from './rows.ts';
import { runCli } from './run-cli.ts';
import { asked, daemonThatSays, result } from './scripted-daemon.ts';

describe('a verb that acts', () => {
  test.each([
    ['all done', [result('a', true), result('b', true)], 0],
    ['all failed', [result('a', false), result('b', false)], 1],
    ['some failed', [result('a', true), result('b', false)], 5],
    ['nobody there', [], 0],
  ])('tells by its exit code: %s', async (_, results, code) => {
    const { run } = await daemonThatSays({ stop: results });
    const people = await run(['stop', 'all']);
    expect(people.code).toBe(code);
    expect(people.stdout).toBe(
      results
        .filter(({ ok }) => ok)
        .map(({ name }) => `${name} stopped\n`)
        .join(''),
    );
    for (const { name } of results.filter(({ ok }) => !ok)) {
      expect(people.stderr).toContain(`agentvisor: ${name} failed (spawn-failed: There is no program /nowhere.)\n`);
    }
    const failed = results.filter(({ ok }) => !ok).map(({ name }) => name);
    const hint = `what comes next, and what to do: agentvisor explain ${failed.join(' ')}\n`;
    expect(people.stderr.endsWith(hint)).toBe(failed.length > 0);
    const program = await run(['stop', 'all', '--json']);
    expect(program.code).toBe(code);
    expect(JSON.parse(program.stdout)).toEqual(results);
  });

  test.each([
    [['stop', 'a', 'b*'], { method: 'stop', params: { targets: ['a', 'b*'] } }],
    [['rm', 'a'], { method: 'delete', params: { targets: ['a'] } }],
    [['start', 'a'], { method: 'start', params: { targets: ['a'] } }],
    [['restart', 'a'], { method: 'restart', params: { targets: ['a'], how: 'interrupt', reason: null } }],
    [
      ['restart', 'a', '--now', '--reason', 'new settings'],
      { method: 'restart', params: { targets: ['a'], how: 'now', reason: 'new settings' } },
    ],
    [['reload', 'a'], { method: 'restart', params: { targets: ['a'], how: 'after-turn', reason: null } }],
    [
      ['reload', 'a', 'b', '--reason', 'new settings'],
      { method: 'restart', params: { targets: ['a', 'b'], how: 'after-turn', reason: 'new settings' } },
    ],
    [['pause', 'a', 'namespace:b'], { method: 'pause', params: { targets: ['a', 'namespace:b'], paused: true } }],
    [['resume', 'all'], { method: 'pause', params: { targets: ['all'], paused: false } }],
    [['reset', 'a'], { method: 'reset', params: { targets: ['a'] } }],
  ])('asks for what was typed: %j', async (args, request) => {
    const { run, daemon } = await daemonThatSays({
      stop: [],
      start: [],
      restart: [],
      delete: [],
      pause: [],
      reset: [],
    });
    await run(args);
    expect(asked(daemon)).toEqual(request);
  });

  test('reports an unknown agent with 4 and one line, and with --json prints nothing on stdout', async () => {
    const { run } = await daemonThatSays({ stop: noSuchAgent('x') });
    for (const args of [
      ['stop', 'x'],
      ['stop', 'x', '--json'],
    ]) {
      expect(await run(args)).toEqual({
        code: 4,
        stdout: '',
        stderr: 'agentvisor: No agent is called x. See the names: agentvisor list\n',
      });
    }
  });
});

test('reload tells after a second for whose turn it waits', async () => {
  const home = temporaryFolder();
  await fakeDaemon(home, (method, _, socket) => {
    if (method !== 'subscribe') return undefined;
    // The handshake was the first request of the connection, the restart the second.
    setImmediate(() => socket.write(encodeResult(2, [result('reviewer', true, { change: 'reloaded' })])));
    return { agents: [agentRow({ inTurn: true }), agentRow({ name: 'triage', inTurn: true })], incidents: [] };
  });
  expect(await runCli(['reload', 'rev*'], { home })).toEqual({
    code: 0,
    stdout: 'reviewer reloaded\n',
    stderr: 'agentvisor: reviewer is at work on a turn\n',
  });
});

describe('start FILE', () => {
  const ecosystem = {
    notify: [{ command: ['tell'] }, { webhook: 'https://example.org/hook' }],
    credentials: { max: { type: 'oauth-token', from: { env: 'MY_TOKEN' } } },
    agents: [
      { name: 'a', mode: 'command', command: ['sleep', '1'], envPass: ['WANTED', 'MISSING'] },
      { name: 'b', credential: 'max' },
    ],
  };

  test('hands over what only this shell knows, secrets apart from the rest', async () => {
    const { home, run, daemon } = await daemonThatSays({
      apply: [result('a', true, { change: 'new' }), result('b', true, { change: 'new' })],
    });
    writeFileSync(join(home, 'ecosystem.json'), JSON.stringify(ecosystem));
    const env = {
      MY_TOKEN: 'token',
      WANTED: 'value',
      OTHER: 'not yours',
      HTTPS_PROXY: 'http://me:word@proxy',
      TERM: 'dumb',
    };
    expect(await run(['start'], { cwd: home, env })).toMatchObject({ code: 0, stdout: 'a new\nb new\n' });
    expect(asked(daemon)).toMatchObject({
      method: 'apply',
      params: {
        file: join(home, 'ecosystem.json'),
        agents: [{ name: 'a' }, { name: 'b' }],
        credentials: [{ name: 'max' }],
        notify: [{ command: ['tell'] }, { webhook: 'https://example.org/hook' }],
        environment: { TERM: 'dumb' },
        secrets: { MY_TOKEN: 'token', WANTED: 'value', HTTPS_PROXY: 'http://me:word@proxy' },
        prune: false,
      },
    });
    expect(JSON.stringify(asked(daemon))).not.toContain('not yours');
  });

  test('with a mistake asks the daemon nothing', async () => {
    const { home, run, daemon } = await daemonThatSays({});
    writeFileSync(join(home, 'bad.json'), JSON.stringify({ agents: [{ nam: 'a' }] }));
    const { code, stdout, stderr } = await run(['start', './bad.json'], { cwd: home });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    for (const line of stderr.trimEnd().split('\n')) expect(line).toMatch(/^agentvisor: \/.*bad\.json: agents\[0\]/);
    expect(daemon.requests).toEqual([]);
  });
});

describe('a question', () => {
  test('list shows a table and says what is not known with a dash', async () => {
    const rows = [
      agentRow({ name: 'reviewer', pid: 1234567, restarts: 12 }),
      agentRow({ name: 'a', state: 'errored', health: 'unknown', pid: null, credential: null }),
    ];
    const { run } = await daemonThatSays({ list: rows });
    const { code, stdout } = await run(['list']);
    expect(code).toBe(0);
    const [head = '', first, second] = stdout.split('\n');
    expect(head.split(/\s+/)).toEqual([
      'NAME',
      'STATE',
      'HEALTH',
      'SINCE',
      'PID',
      'RST',
      'GOOD',
      'QUE',
      'CPU',
      'MEM',
      'NEXT',
      'CRED',
    ]);
    expect(first).toMatch(/^reviewer +running +healthy +\w+ +1234567 +12 +- +0 +- +- +- +max$/);
    expect(second).toMatch(/^a +errored +unknown +\w+ +- +0 +- +0 +- +- +- +-$/);
    expect(JSON.parse((await run(['list', '--json'])).stdout)).toEqual(rows);
  });

  test('list and describe show who is paused', async () => {
    const agent = agentRow({ paused: true });
    const { run } = await daemonThatSays({ list: [agent], describe: [{ agent, spec: {}, explain: '', messages: [] }] });
    expect((await run(['list'])).stdout).toMatch(/^reviewer +running \(paused\) +healthy /m);
    expect((await run(['describe', 'reviewer'])).stdout).toContain('running (wanted up, paused), healthy');
  });

  test.each(['ls', 'l', 'ps', 'status'])('%s is list', async (alias) => {
    const { run, daemon } = await daemonThatSays({ list: [] });
    expect((await run([alias, 'rev*'])).code).toBe(0);
    expect(asked(daemon)).toEqual({ method: 'list', params: { targets: ['rev*'] } });
  });

  test('what an agent said in a detail moves no cursor and shows no token', async () => {
    const detail = `\u001b]0;owned\u0007\u001b[2J${'sk-ant-oat01-'.padEnd(100, 'x')}`;
    const { run } = await daemonThatSays({ history: [eventRow({ detail })] });
    for (const args of [
      ['history', 'a'],
      ['history', 'a', '--json'],
    ]) {
      const { stdout } = await run(args);
      expect(stdout).not.toContain('\u001b');
      expect(stdout).not.toContain('\u0007');
      expect(stdout).not.toContain('xxxxxxxx');
    }
  });

  test('events -f prints the past, then what happens, each once, and ends with the daemon', async () => {
    const past = eventRow({ detail: 'past' });
    const both = eventRow({ detail: 'both' });
    const home = temporaryFolder();
    await fakeDaemon(home, (method, _, socket) => {
      if (method === 'subscribe') return { agents: [], incidents: [] };
      if (method !== 'events') return undefined;
      socket.write(encodeNotification('event', both));
      setImmediate(() => socket.end(encodeNotification('event', eventRow({ detail: 'new' }))));
      return [past, both];
    });
    const { code, stdout } = await runCli(['events', '-f', '--json'], { home });
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { detail: string }).detail),
    ).toEqual(['past', 'both', 'new']);
    expect(code).toBe(7);
  });

  test('wait ends with 6 and names who is not so yet', async () => {
    const { run, daemon } = await daemonThatSays({ wait: { timedOut: ['b'] } });
    const { code, stdout, stderr } = await run(['wait', 'a', 'b', '--for', 'healthy', '--timeout', '2m']);
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(stderr).toContain('not healthy after 2m: b.');
    expect(asked(daemon)).toMatchObject({ params: { targets: ['a', 'b'], for: 'healthy' } });
  });

  test('a daemon of another protocol ends everything with 8 and the way out', async () => {
    const { run } = await daemonThatSays({ hello: { ...HELLO, protocol: 99, version: '9.0.0' } });
    expect(await run(['list', '--json'])).toMatchObject({
      code: 8,
      stdout: '',
      stderr: expect.stringContaining('agentvisor daemon restart'),
    });
  });
});

describe('without a daemon', () => {
  test.each([
    [['list']],
    [['jlist']],
    [['save']],
    [['flush']],
    [['explain']],
    [['incidents']],
    [['incidents', '--stats']],
    [['events']],
    [['ping']],
    [['daemon']],
    [['wait', 'all']],
  ])('%j starts none and ends with 3', async (args) => {
    const home = join(temporaryFolder(), 'home');
    const { code, stderr } = await runCli(args, { home });
    expect(code).toBe(3);
    expect(stderr).toMatch(/not running/);
  });

  test('list --json prints the same array as with one', async () => {
    const { code, stdout, stderr } = await runCli(['list', '--json'], { home: join(temporaryFolder(), 'home') });
    expect({ code, stdout }).toEqual({ code: 3, stdout: '[]\n' });
    expect(stderr).toBe('agentvisor: daemon not running, 0 agents alive\n');
  });

  test('a list from files that are damaged says so: an agent that is missing is not taken for deleted', async () => {
    const home = temporaryFolder();
    mkdirSync(stateFolder(home));
    writeFileSync(snapshotFile(home), '{half');
    const { code, stderr } = await runCli(['list'], { home });
    expect(code).toBe(3);
    expect(stderr).toContain('snapshot.json is damaged: what stood there is not shown\n');
  });

  test.each([
    [['stop', 'x']],
    [['start', 'x']],
    [['restart', 'x']],
    [['reload', 'x']],
    [['pause', 'x']],
    [['resume', 'x']],
    [['reset', 'x']],
    [['flush', 'x']],
    [['send', 'x', 'hi']],
    [['describe', 'x']],
    [['wait', 'x']],
    [['explain', 'x']],
    [['history', 'x']],
    [['logs', 'x']],
    [['logs', '../..']],
  ])('%j of an agent that no file knows ends with 4 and makes nothing', async (args) => {
    const folder = temporaryFolder();
    const { code, stdout, stderr } = await runCli(args, { home: join(folder, 'home') });
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(/^agentvisor: No agent is called [^\n]+\n$/);
  });

  test.each([[['kill']], [['daemon', 'stop']]])('%j has nothing to do, which is no failure', async (args) => {
    expect((await runCli(args, { home: join(temporaryFolder(), 'home') })).code).toBe(0);
  });
});
