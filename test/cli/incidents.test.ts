import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { IncidentStats } from '../../src/protocol/incident-stats.ts';
import { temporaryFolder } from './folder.ts';
import { incident } from './incident.ts';
import { incidentRow } from './rows.ts';
import { runCli } from './run-cli.ts';
import { asked, daemonThatSays } from './scripted-daemon.ts';

const STATS: IncidentStats = {
  from: '2026-11-10T06:00:00.000Z',
  to: '2026-11-20T06:00:00.000Z',
  days: 10,
  total: 12,
  open: 1,
  windowsPerDay: 1.1,
  byCause: { 'auth-session': 2, 'auth-window': 9, network: 1 },
  lengthMs: { min: 5_000, median: 720_000, p90: 2_400_000, max: 3_480_000, total: 10_800_000 },
  attempts: { total: 34, median: 2.5, max: 9 },
  attemptsFailed: 22,
  downMs: { total: 14_400_000, median: 720_000, max: 3_480_000 },
  healedByRestart: 11,
  afterIdleMs: 3_600_000,
  afterIdleness: { known: 10, after: 8, share: 0.8 },
  byCredential: [{ credential: 'max', incidents: 9, downMs: 10_800_000, attempts: 34 }],
  byAgent: [{ agent: 'bob', incidents: 1, downMs: 7_200_000 }],
};

test('incidents tells evidence, attempts and receipt', async () => {
  const { run } = await daemonThatSays({ incidents: [incidentRow()] });
  const { stdout } = await run(['incidents']);
  expect(stdout).toContain('i7  auth-session  session reviewer');
  expect(stdout).toContain('closed after 1m');
  expect(stdout).toContain('reviewer: req_1 failed, 1 attempt, answered by msg_2, down for 1m');
  expect(JSON.parse((await run(['incidents', '--json'])).stdout)).toEqual([incidentRow()]);
});

test('of hundreds of incidents people see the last twenty unless they want all, and programs see all', async () => {
  const rows = Array.from({ length: 120 }, (_, index) => incidentRow({ id: `i${index + 1}` }));
  const { run } = await daemonThatSays({ incidents: rows });
  const ids = (stdout: string): readonly string[] => stdout.match(/^i\d+/gm) ?? [];
  const last = await run(['incidents']);
  expect(ids(last.stdout)).toEqual(rows.slice(-20).map(({ id }) => id));
  expect(last.stderr).toBe('agentvisor: 100 older ones: agentvisor incidents --all\n');
  const all = await run(['incidents', '--all']);
  expect(ids(all.stdout)).toHaveLength(120);
  expect(all.stderr).toBe('');
  expect(JSON.parse((await run(['incidents', '--json'])).stdout)).toHaveLength(120);
});

test('incidents --stats says once a day as people do', async () => {
  const { run } = await daemonThatSays({ 'incident-stats': { ...STATS, windowsPerDay: 1 } });
  expect((await run(['incidents', '--stats'])).stdout).toContain('  rejected    1 time a day ');
});

test('incidents --stats is a short block for people and the numbers for programs', async () => {
  const { run, daemon } = await daemonThatSays({ 'incident-stats': STATS });
  const { code, stdout, stderr } = await run(['incidents', '--stats']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(asked(daemon)).toEqual({ method: 'incident-stats', params: {} });
  expect(stdout.split('\n').slice(1)).toEqual([
    '  rejected    1.1 times a day (causes auth-...)',
    '  causes      9 auth-window, 2 auth-session, 1 network',
    '  length      5.0s to 58m, median 12m, nine of ten within 40m, 3h in all',
    '  attempts    34, 22 of them failed, median 2.5, at most 9 in one incident',
    '  down        4h in all, median 12m, at most 58m until an agent answered',
    '  healed      11 closed with an answer after a restart',
    '  idleness    8 of 10 (80%) began after more than 1h without a turn',
    '  credential  max  9 incidents  34 attempts  down for 3h',
    '  agent       bob  1 incident  down for 2h',
    '',
  ]);
  expect(stdout).toMatch(/^12 incidents since \S+ \S+ \(10 days\), 1 open\n/);
  expect(JSON.parse((await run(['incidents', '--stats', '--json'])).stdout)).toEqual(STATS);
});

test('incidents --stats leaves out what is not known, and names ten agents at most', async () => {
  const byAgent = Array.from({ length: 14 }, (_, index) => ({ agent: `a${index}`, incidents: 1, downMs: 0 }));
  const { run } = await daemonThatSays({
    'incident-stats': { ...STATS, lengthMs: null, afterIdleness: { known: 0, after: 0, share: null }, byAgent },
  });
  const { stdout } = await run(['incidents', '--stats']);
  expect(stdout).not.toMatch(/length|idleness|null|NaN/);
  expect(stdout.match(/^ {2}agent /gm)).toHaveLength(11);
  expect(stdout).toContain('and 4 more');
});

test('without a daemon incidents --stats counts in the files and ends with 3', async () => {
  const home = join(temporaryFolder(), 'home');
  mkdirSync(join(home, 'state'), { recursive: true, mode: 0o700 });
  const lines = [incident({ id: 'i1' }), incident({ id: 'i2', scope: 'window', key: 'max', cause: 'auth-window' })];
  const text = lines.map((each, index) => `${JSON.stringify({ seq: index, index: 0, incident: each })}\n`).join('');
  writeFileSync(join(home, 'state/incidents.ndjson'), text);
  const { code, stdout, stderr } = await runCli(['incidents', '--stats', '--json'], { home });
  expect({ code, stderr }).toEqual({ code: 3, stderr: 'agentvisor: daemon not running, 0 agents alive\n' });
  expect(JSON.parse(stdout)).toMatchObject({ total: 2, byCause: { 'auth-session': 1, 'auth-window': 1 } });
});

test('a home without incidents has none to count, which is said on stderr only', async () => {
  const { code, stdout, stderr } = await runCli(['incidents', '--stats'], { home: join(temporaryFolder(), 'home') });
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toContain('agentvisor: there were no incidents\n');
});
