import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { noSuchAgent } from '../../src/protocol/errors.ts';
import { encodeNotification } from '../../src/protocol/frames.ts';
import { fakeDaemon } from './fake-daemon.ts';
import { temporaryFolder } from './folder.ts';
import { agentRow, eventRow, incidentRow } from './rows.ts';
import { runCli } from './run-cli.ts';
import { runInTerminal, startInTerminal } from './run-in-terminal.ts';
import { daemonThatSays, result } from './scripted-daemon.ts';

const ESCAPE = '\u001b[';
const longest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));
// oxlint-disable-next-line no-control-regex -- they are what is taken out
const withoutColours = (text: string): string => text.replaceAll(/\u001b\[[0-9;]*m/g, '');
const titles = (text: string): readonly string[] => (withoutColours(text).split('\n')[0] ?? '').split(/ +/);

const ROWS = [
  agentRow({ name: 'reviewer', pid: 1234567, restarts: 12, cpu: 3.6, rss: 300 * 2 ** 20 }),
  agentRow({
    name: 'a-night-watch-with-a-very-long-name-that-nobody-would-type-twice',
    health: 'quiet',
    nextAttemptAt: '2126-11-20T06:37:00.000Z',
    incident: 'i13',
  }),
  agentRow({ name: 'triage', health: 'held', incident: 'i9' }),
  agentRow({ name: 'worker', state: 'errored', health: 'unknown', pid: null, credential: null }),
];
const INCIDENTS = [
  incidentRow({ id: 'i4' }),
  incidentRow({ id: 'i9', scope: 'credential', key: 'max', cause: 'auth-credential', closedAt: null }),
  incidentRow({ id: 'i13', scope: 'window', key: 'max', cause: 'auth-window', closedAt: null }),
];

const MINI = ['NAME', 'STATE', 'HEALTH', 'NEXT'];
const CONDENSED = ['NAME', 'STATE', 'HEALTH', 'SINCE', 'PID', 'RST', 'GOOD', 'QUE', 'NEXT', 'CRED'];
const FULL = [...CONDENSED.slice(0, 8), 'CPU', 'MEM', 'NEXT', 'CRED'];

describe('list fits the terminal', () => {
  test.each([
    [40, MINI],
    [60, MINI],
    [80, CONDENSED],
    [99, CONDENSED],
    [100, FULL],
    [140, FULL],
  ])('of %i columns with the columns that there is room for', async (columns, shown) => {
    const { home } = await daemonThatSays({ list: ROWS.filter(({ name }) => name.length < 20), incidents: INCIDENTS });
    const { code, screen } = await runInTerminal(columns, ['list'], { home });
    expect(code).toBe(0);
    expect(titles(screen)).toEqual(shown);
    expect(longest(withoutColours(screen))).toBeLessThanOrEqual(columns);
  });

  test.each([60, 80, 140])('of %i columns: a name is cut last, and trouble stays in sight', async (columns) => {
    const { home } = await daemonThatSays({ list: ROWS, incidents: INCIDENTS });
    const screen = withoutColours((await runInTerminal(columns, ['list'], { home })).screen);
    expect(titles(screen)).toEqual(expect.arrayContaining(MINI));
    expect(longest(screen)).toBeLessThanOrEqual(columns);
    expect(screen).toMatch(columns < 100 ? /^a-night-\S*… +running +quiet /m : /^a-night-\S*-twice +running +quiet /m);
    expect(screen).toMatch(/^triage +running +held /m);
  });
});

describe('list', () => {
  test('says below the table what is open and who needs a person', async () => {
    const { run } = await daemonThatSays({ list: ROWS, incidents: INCIDENTS });
    expect((await run(['list'])).stdout.split('\n').slice(-4)).toEqual([
      '',
      '2 open incidents: i9 auth-credential on max, i13 auth-window on max; see: agentvisor incidents',
      '2 agents need a person: triage (held), worker (errored); see: agentvisor explain triage',
      '',
    ]);
  });

  test('names three of many, and counts the rest', async () => {
    const many = ['a', 'b', 'c', 'd', 'e'].map((name) => agentRow({ name, state: 'errored' }));
    const { run } = await daemonThatSays({ list: many });
    expect((await run(['list'])).stdout).toContain(
      '5 agents need a person: a (errored), b (errored), c (errored) and 2 more; see: agentvisor explain a\n',
    );
  });

  test('says nothing below when all is well, and asks for no incidents', async () => {
    const { run, daemon } = await daemonThatSays({ list: [agentRow()] });
    expect((await run(['list'])).stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(daemon.requests.map(({ method }) => method)).toEqual(['hello', 'list', 'credential-states']);
  });

  test('asks for no incidents that --json does not show', async () => {
    const { run, daemon } = await daemonThatSays({ list: ROWS });
    expect(JSON.parse((await run(['list', '--json'])).stdout)).toEqual(ROWS);
    expect(daemon.requests.map(({ method }) => method)).toEqual(['hello', 'list']);
  });

  test('in a pipe is whole and without colour, whatever COLUMNS says', async () => {
    const { run } = await daemonThatSays({ list: ROWS, incidents: INCIDENTS });
    const { stdout } = await run(['list'], { env: { COLUMNS: '40', LANG: 'C.UTF-8' } });
    expect(titles(stdout)).toEqual(FULL);
    expect(stdout).toContain(ROWS[1]?.name);
    expect(stdout).not.toContain(ESCAPE);
  });

  test('--wide shows every column on a narrow terminal', async () => {
    const { home } = await daemonThatSays({ list: ROWS, incidents: INCIDENTS });
    const { screen } = await runInTerminal(60, ['list', '--wide'], { home });
    expect(titles(screen)).toEqual(FULL);
    expect(screen).toContain(ROWS[1]?.name);
  });

  test('colours the health, and a state that is trouble by itself', async () => {
    const { home } = await daemonThatSays({ list: ROWS, incidents: INCIDENTS });
    const { screen } = await runInTerminal(80, ['list'], { home });
    expect(screen).toContain(`${ESCAPE}32mhealthy${ESCAPE}0m`);
    expect(screen).toContain(`${ESCAPE}33mquiet${ESCAPE}0m`);
    expect(screen).toContain(`${ESCAPE}31mheld${ESCAPE}0m`);
    expect(screen).toContain(`${ESCAPE}31merrored${ESCAPE}0m`);
  });

  test.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('has no colour with %j', async (env) => {
    const { home } = await daemonThatSays({ list: ROWS, incidents: INCIDENTS });
    expect((await runInTerminal(80, ['list'], { home, env })).screen).not.toContain(ESCAPE);
  });

  test('an empty NO_COLOR is none', async () => {
    const { home } = await daemonThatSays({ list: ROWS, incidents: INCIDENTS });
    expect((await runInTerminal(80, ['list'], { home, env: { NO_COLOR: '' } })).screen).toContain(ESCAPE);
  });

  test.each([
    [{ LANG: 'C' }, 'a-night-wa...'],
    [{ LANG: 'de_DE.ISO-8859-1' }, 'a-night-wa...'],
    [{ LANG: 'en_GB.UTF-8', LC_ALL: 'C' }, 'a-night-wa...'],
    [{ LANG: 'C', LC_ALL: 'C.utf8' }, 'a-night-watc…'],
  ])('with the locale %j cuts a name like this: %s', async (env, name) => {
    const { home } = await daemonThatSays({ list: ROWS, incidents: INCIDENTS });
    const { screen } = await runInTerminal(39, ['list'], { home, env });
    expect(screen).toContain(`\n${name} `);
  });

  test('a terminal that does not tell its size has that of COLUMNS', async () => {
    const { home } = await daemonThatSays({ list: [agentRow()] });
    expect(titles((await runInTerminal(0, ['list'], { home, env: { COLUMNS: '60' } })).screen)).toEqual(MINI);
    expect(titles((await runInTerminal(0, ['list'], { home, env: { COLUMNS: 'wide' } })).screen)).toContain('SINCE');
  });
});

describe('describe', () => {
  const explain = `reviewer is up and wedged: it is rejected. ${'The API rejects this session. '.repeat(4)}`;
  const description = {
    agent: agentRow({ health: 'wedged', degraded: ['its memory cannot be read, because there is no cgroup for it'] }),
    spec: { cwd: '/srv/reviewer', command: null, file: `/srv/${'deep/'.repeat(12)}ecosystem.ts` },
    explain,
    runFolder: '/srv/home/agents/reviewer/runs/000001',
    messages: [],
  };

  test.each([60, 80, 140])('goes on below its key on %i columns; a path stays whole', async (columns) => {
    const { home } = await daemonThatSays({ describe: [description] });
    const { screen } = await runInTerminal(columns, ['describe', 'reviewer'], { home });
    const lines = screen.split('\n');
    for (const line of lines.filter((text) => !text.includes('/deep/')))
      expect(line.length).toBeLessThanOrEqual(columns);
    expect(screen).toContain(description.spec.file);
    const at = lines.findIndex((line) => line.startsWith('  degraded  '));
    for (const line of lines.slice(at + 1).filter((text) => text !== '')) expect(line).toMatch(/^ {18}\S/);
    expect(screen.replaceAll(/\s+/g, ' ')).toContain(explain.trim());
  });

  test('in a pipe has one line for each fact', async () => {
    const { run } = await daemonThatSays({ describe: [description] });
    expect((await run(['describe', 'reviewer'])).stdout).toContain(
      '  degraded        its memory cannot be read, because there is no cgroup for it\n',
    );
  });
});

test('daemon and save go on below on 60 columns, between words', async () => {
  const status = {
    pid: 4711,
    version: '0.1.0',
    protocol: 1,
    home: '/srv/home',
    socket: '/srv/home/daemon.sock',
    startedAt: '2026-11-20T10:00:00.000Z',
    uptimeMs: 660_000,
    agents: 12,
    alive: 12,
    openIncidents: 2,
    rss: 56 * 2 ** 20,
    degraded: ['the disk takes no journal, so that what is new would be lost'],
  };
  const { home } = await daemonThatSays({ status, save: { agents: 12, degraded: [] } });
  for (const verb of ['daemon', 'save']) {
    const { screen } = await runInTerminal(60, [verb], { home });
    expect(longest(screen)).toBeLessThanOrEqual(60);
    expect(screen.trimEnd()).toMatch(/\n {2,4}\S/);
  }
});

describe('what happened', () => {
  const detail = `401 authentication_failed (request req_1): ${'Failed to authenticate. '.repeat(5)}`.trim();
  const rows = [
    eventRow({ agent: 'a', event: 'ready' }),
    eventRow({ agent: 'reviewer', event: 'turn-failed', cause: 'auth-session', detail }),
    eventRow({ agent: 'a', run: null, event: 'declared', cause: 'operator' }),
  ];

  test.each([60, 80, 140])('goes on below its line on %i columns', async (columns) => {
    const { home } = await daemonThatSays({ history: rows, events: rows });
    for (const args of [['history', 'reviewer'], ['events']]) {
      const { screen } = await runInTerminal(columns, args, { home });
      expect(longest(screen)).toBeLessThanOrEqual(columns);
      expect(screen.replaceAll(/\s+/g, ' ')).toContain(`auth-session: ${detail}`);
      for (const line of screen.trimEnd().split('\n')) expect(line).toMatch(/^(\d{4}-\d\d-\d\d |\s{21}\S)/);
    }
  });

  test('stands in columns', async () => {
    const { run } = await daemonThatSays({ events: rows });
    const lines = (await run(['events'])).stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.slice(19))).toEqual([
      '  a         #000001  ready',
      `  reviewer  #000001  turn-failed      auth-session: ${detail}`,
      '  a         #-       declared         operator',
    ]);
  });

  test('that nothing did is said', async () => {
    const { run } = await daemonThatSays({ history: [], events: [] });
    expect((await run(['history', 'a'])).stderr).toBe('agentvisor: nothing has happened to a yet\n');
    expect((await run(['events'])).stderr).toBe('agentvisor: nothing has happened yet\n');
  });
});

describe('what is said beside an answer', () => {
  const detail = 'There is no program /srv/bin/claude; it was there an hour ago, when the last process was started.';
  const said = `agentvisor: b failed (spawn-failed: ${detail})`;
  const NEXT = 'agentvisor: what comes next, and what to do: agentvisor explain b';
  const unwrapped = (screen: string): string => screen.replaceAll(/\n {2}/g, ' ');

  test.each([40, 60])('goes on below its line between two words on %i columns, a little in', async (columns) => {
    const { home } = await daemonThatSays({ stop: [result('a', true, { detail }), result('b', false, { detail })] });
    const { code, screen } = await runInTerminal(columns, ['stop', 'all'], { home });
    expect(code).toBe(5);
    expect(longest(screen)).toBeLessThanOrEqual(columns);
    expect(unwrapped(screen)).toBe(`a stopped (${detail})\n${said}\n${NEXT}\n`);
  });

  test.each([
    ['an error and its next step', ['stop', 'x'], 'No agent is called x. See the names: agentvisor list'],
    ['a slip in a verb', ['lst'], 'There is no verb "lst". Did you mean: agentvisor list'],
  ])('also %s', async (_, args, words) => {
    const { home } = await daemonThatSays({ stop: noSuchAgent('x') });
    const { screen } = await runInTerminal(40, args, { home });
    expect(longest(screen)).toBeLessThanOrEqual(40);
    expect(unwrapped(screen)).toBe(`agentvisor: ${words}\n`);
  });

  test('also the mistakes in a file', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'e.json'), JSON.stringify({ agents: [{ name: 'a', mode: 'command' }] }));
    const options = { home: join(folder, 'home'), cwd: folder };
    const { screen } = await runInTerminal(40, ['validate', 'e.json'], options);
    expect(longest(screen)).toBeLessThanOrEqual(40);
    expect(unwrapped(screen)).toBe((await runCli(['validate', 'e.json'], options)).stdout);
  });

  test('is one line in a pipe, however long', async () => {
    const { run } = await daemonThatSays({ stop: [result('b', false, { detail })] });
    expect((await run(['stop', 'b'], { env: { COLUMNS: '40' } })).stderr).toBe(`${said}\n${NEXT}\n`);
  });
});

describe('start --attach where no screen can be shown', () => {
  const env = { TERM: 'dumb' };

  test('shows what happens to those agents until Ctrl-C, which ends it with 0', async () => {
    const home = temporaryFolder();
    await fakeDaemon(home, (method, _, socket) => {
      if (method === 'start') return [result('reviewer', true, { change: 'started' })];
      if (method !== 'subscribe') return undefined;
      setImmediate(() => {
        socket.write(encodeNotification('event', eventRow({ agent: 'stranger', detail: 'of another' })));
        socket.write(encodeNotification('event', eventRow({ detail: 'here we go' })));
      });
      return { agents: [agentRow()], incidents: [] };
    });
    const terminal = startInTerminal(80, ['start', 'reviewer', '--attach'], { home, env });
    await expect.poll(terminal.screen, { timeout: 10_000 }).toContain('here we go');
    terminal.type('\u0003');
    const { code, screen } = await terminal.ended;
    expect(code).toBe(0);
    expect(screen).toContain('reviewer started\n');
    expect(screen).toContain('agents keep running');
    expect(screen).not.toContain('of another');
  });

  test('shows nothing when not all could be started', async () => {
    const { run, daemon } = await daemonThatSays({ start: [result('a', true), result('b', false)] });
    expect((await run(['start', 'a', 'b', '--attach'])).code).toBe(5);
    expect(daemon.requests.map(({ method }) => method)).not.toContain('subscribe');
  });

  test('ends with 7 when the daemon goes away', async () => {
    const home = temporaryFolder();
    await fakeDaemon(home, (method, _, socket) => {
      if (method === 'start') return [result('reviewer', true, { change: 'started' })];
      if (method === 'subscribe') setImmediate(() => socket.end());
      return method === 'subscribe' ? { agents: [agentRow()], incidents: [] } : undefined;
    });
    const { code } = await startInTerminal(80, ['start', 'reviewer', '--attach'], { home, env }).ended;
    expect(code).toBe(7);
  });
});
