import { describe, expect, test } from 'vitest';
import { claudeChecks } from '../../src/box/claude-checks.ts';
import type { Finding } from '../../src/box/finding.ts';
import { namesOf } from '../../src/box/finding.ts';
import { homeChecks } from '../../src/box/home-checks.ts';
import type { DaemonSeen } from '../../src/box/home-checks.ts';
import { readHome } from '../../src/box/home-reading.ts';
import type { HomeSeen } from '../../src/box/home-reading.ts';
import { machineChecks } from '../../src/box/machine-checks.ts';
import { readMachine, softLimit } from '../../src/box/machine-reading.ts';
import type { MachineSeen } from '../../src/box/machine-reading.ts';
import { temporaryFolder } from '../cli/folder.ts';

const troubles = (findings: readonly Finding[]): readonly string[] =>
  findings.filter(({ level }) => level !== 'ok').map(({ level, id }) => `${level} ${id}`);

describe('the claude of agents', () => {
  const at = { file: '/usr/bin/claude' };
  test.each([
    ['is as it should be', { agents: ['ada'], at, version: '2.1.328' }, []],
    ['lacks the fix for replaced tokens', { agents: ['ada'], at, version: '2.1.224' }, ['warning missing-fix']],
    ['lacks a later fix', { agents: ['ada'], at, version: '2.1.225' }, ['warning missing-fix']],
    ['does not tell its version', { agents: ['ada'], at, version: null }, ['warning claude-version']],
    ['is missing', { agents: ['ada'], at: { missing: 'There is none.' }, version: null }, ['error claude-missing']],
    [
      'is missing where nobody needs it',
      { agents: [], at: { missing: 'none' }, version: null },
      ['warning claude-missing'],
    ],
  ])('%s', (_, program, expected) => {
    expect(troubles(claudeChecks([program]))).toEqual(expected);
  });

  test('is told by the fix that matters most, whose it is and how many more there are', () => {
    const [finding] = claudeChecks([{ agents: ['ada', 'bob'], at, version: '2.1.200' }]);
    expect(finding?.found).toMatch(
      /^version 2\.1\.200 lacks what 2\.1\.225 mended: .+ \(and 5 more\); it is for ada and bob$/,
    );
    expect(finding?.todo).toBe('bring it to 2.1.236 or later, then: agentvisor reload all');
  });
});

describe('the home', () => {
  const well: HomeSeen = {
    path: '/home/ada/.agentvisor',
    exists: true,
    refusal: null,
    isWritable: true,
    socket: '/home/ada/.agentvisor/daemon.sock',
    disk: { freeBytes: 5e9, freeFiles: 1e6 },
  };
  const running: DaemonSeen = { is: 'running', pid: 7, version: '1.0.0', degraded: [] };
  test.each<[string, Partial<HomeSeen>, DaemonSeen, readonly string[]]>([
    ['is well', {}, running, []],
    ['is not there yet', { exists: false }, { is: 'absent', wanted: 0 }, []],
    [
      'is refused',
      { refusal: { message: 'The home is open.', nextStep: 'chmod 700' } },
      running,
      ['error home-refused'],
    ],
    ['cannot be written', { isWritable: false }, running, ['error home-not-writable']],
    ['has a path too long for a socket', { socket: '/run/user/1/x.sock' }, running, ['warning socket-elsewhere']],
    ['is on a full disk', { disk: { freeBytes: 1e6, freeFiles: 1e6 } }, running, ['error disk-full']],
    ['is on a disk that fills up', { disk: { freeBytes: 5e8, freeFiles: 1e6 } }, running, ['warning disk-low']],
    ['is on a disk without room for files', { disk: { freeBytes: 5e9, freeFiles: 10 } }, running, ['warning disk-low']],
    ['is on a disk that counts no files', { disk: { freeBytes: 5e9, freeFiles: null } }, running, []],
    ['is on a disk that does not tell', { disk: null }, running, []],
    ['has agents and no daemon', {}, { is: 'absent', wanted: 2 }, ['warning daemon-absent']],
    ['has a daemon that does not answer', {}, { is: 'silent', message: 'x', nextStep: 'y' }, ['error daemon-silent']],
    ['has a daemon of another version', {}, { ...running, version: '0.9.0' }, ['warning daemon-version']],
    ['has a daemon whose disk refuses', {}, { ...running, degraded: ['journal: ENOSPC'] }, ['warning degraded']],
  ])('%s', (_, change, daemon, expected) => {
    expect(troubles(homeChecks({ ...well, ...change }, daemon, '1.0.0'))).toEqual(expected);
  });

  test('is read as it is, and a missing one is not made', () => {
    const folder = temporaryFolder();
    expect(readHome(folder, {})).toMatchObject({ exists: true, refusal: null, isWritable: true });
    const seen = readHome(`${folder}/a/b`, {});
    expect(seen).toMatchObject({ exists: false, refusal: null, isWritable: true, socket: `${folder}/a/b/daemon.sock` });
    expect(seen.disk?.freeBytes).toBeGreaterThan(0);
    expect(readHome(`${folder}/a`, {}).exists).toBe(false);
  });
});

describe('the machine', () => {
  const well: MachineSeen = {
    hasSystemd: true,
    isRoot: false,
    user: 'ada',
    lingers: true,
    killsUserProcesses: false,
    isClockSynchronised: true,
    openFilesMax: 1024,
    processesMax: 30_000,
  };
  const now = Date.UTC(2026, 5, 1);
  const past = [{ at: now - 1, what: 'the last event' }];
  test.each<[string, Partial<MachineSeen>, readonly string[]]>([
    ['is well', {}, []],
    ['has no systemd', { hasSystemd: false, lingers: null, killsUserProcesses: null, isClockSynchronised: null }, []],
    ['does not linger', { lingers: false }, ['warning no-linger']],
    ['ends what a user runs', { lingers: false, killsUserProcesses: true }, ['error no-linger']],
    ['would end it, but lingers', { killsUserProcesses: true }, []],
    ['is used by root', { isRoot: true, lingers: false, killsUserProcesses: true }, []],
    ['has a clock of its own', { isClockSynchronised: false }, ['warning clock-alone']],
    ['allows few files', { openFilesMax: 64 }, ['warning limit-low']],
    ['allows few processes', { processesMax: 100 }, ['warning limit-low']],
    ['has no limits', { openFilesMax: Infinity, processesMax: Infinity }, []],
    ['does not tell its limits', { openFilesMax: null, processesMax: null }, []],
  ])('%s', (_, change, expected) => {
    expect(troubles(machineChecks({ ...well, ...change }, { now, past }, 4))).toEqual(expected);
  });

  test('has a clock that is behind what has happened, by more than clocks differ', () => {
    const at = (ms: number): readonly string[] =>
      troubles(machineChecks(well, { now, past: [...past, { at: now + ms, what: 'the last event' }] }, 4));
    expect([at(59_000), at(61_000)]).toEqual([[], ['error clock-behind']]);
  });

  test('is asked here, and answers what it has', async () => {
    const seen = await readMachine(null, process.env['PATH']);
    expect(seen.openFilesMax).toBeGreaterThan(0);
    expect(seen.user).not.toBe('');
    expect(await readMachine(2 ** 30, '/nowhere')).toMatchObject({ openFilesMax: null, isClockSynchronised: null });
  });

  test('tells its limits as /proc does', () => {
    const limits = [
      'Limit                     Soft Limit           Hard Limit           Units     ',
      'Max processes             unlimited            unlimited            processes ',
      'Max open files            1024                 524288               files     ',
    ].join('\n');
    expect([
      softLimit(limits, 'Max open files'),
      softLimit(limits, 'Max processes'),
      softLimit('', 'Max processes'),
    ]).toEqual([1024, Infinity, null]);
  });
});

test('a few names are named, many are counted', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'd', 'e', 'f']].map(namesOf)).toEqual([
    '',
    'a',
    'a and b',
    'a, b, c and d',
    'a, b, c and 3 more',
  ]);
});
