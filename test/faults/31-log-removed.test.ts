import { appendFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import type { EventRow } from '../../src/protocol/rows.ts';
import { foregroundDaemon } from '../daemon/foreground.ts';
import { standInBox, type StandInBox } from '../daemon/stand-in-box.ts';
import { runDirs } from './streams.ts';

const logOf = (fleet: StandInBox, run = -1): string => join(runDirs(fleet.home, 'ada').at(run) ?? '', 'stdout.ndjson');

const noted = async (fleet: StandInBox): Promise<string[]> =>
  (JSON.parse(await fleet.ok('history', 'ada', '--json')) as EventRow[])
    .filter(({ event }) => event === 'log-noted')
    .map(({ detail }) => detail);

test.each([
  ['removed', (log: string) => rmSync(log)],
  ['moved away', (log: string) => renameSync(log, `${log}.old`)],
  [
    'replaced by another file',
    (log: string) => {
      renameSync(log, `${log}.old`);
      writeFileSync(log, 'a stranger\n');
    },
  ],
])(
  'a log that is %s under a live run is noted once, the agent is heard on, and its next run has a file again',
  async (_, act) => {
    const fleet = standInBox(['ada']);
    await fleet.ok('start');
    expect(await fleet.ok('send', 'ada', 'one', '--wait')).toBe('answer to: one\n');
    const { pid } = await fleet.row('ada');
    act(logOf(fleet));
    await fleet.event(({ event }) => event === 'log-noted');
    // Of what it answers only the proof is heard: the file in which it stands has no name any more.
    expect(await fleet.av('send', 'ada', 'two', '--wait')).toMatchObject({ code: 0 });
    expect(await fleet.row('ada')).toMatchObject({ pid, restarts: 0, health: 'healthy' });
    await fleet.ok('restart', 'ada');
    expect(await fleet.ok('send', 'ada', 'three', '--wait')).toBe('answer to: three\n');
    expect(await noted(fleet)).toEqual([
      'stdout was removed or replaced: the agent writes to the old one until its next start',
    ]);
  },
);

test('a log that somebody empties under a live run is a gap that is noted, and no line behind it is lost or read twice', async () => {
  const fleet = standInBox(['ada'], { faults: [{ do: { answer: '{text}, seen {seen}' } }] });
  const daemon = await foregroundDaemon(fleet);
  await fleet.ok('start');
  expect(await fleet.ok('send', 'ada', 'one', '--wait')).toBe('one, seen 1\n');
  truncateSync(logOf(fleet));
  await fleet.event(({ event }) => event === 'log-noted');
  expect(await fleet.ok('send', 'ada', 'two', '--wait')).toBe('two, seen 1\n');
  expect(await noted(fleet)).toEqual([
    expect.stringMatching(/^somebody emptied stdout at byte \d+: what was in it is gone$/),
  ]);
  // The next daemon counts on from there.
  const { auth401s, restarts, pid } = await fleet.row('ada');
  await daemon.killed();
  await foregroundDaemon(fleet);
  expect(await fleet.ok('send', 'ada', 'three', '--wait')).toBe('three, seen 1\n');
  expect(await fleet.row('ada')).toMatchObject({ auth401s, restarts, pid });
  expect(await noted(fleet)).toHaveLength(1);
  const shown = JSON.parse(await fleet.ok('logs', 'ada', '--json', '-n', '1000')) as { stream: string; line: string }[];
  expect(shown.find(({ stream }) => stream === 'note')?.line).toMatch(/\d+ bytes that stood here were dropped/);
});

test('a log that was removed is heard on by the next daemon, too', async () => {
  const fleet = standInBox(['ada']);
  const daemon = await foregroundDaemon(fleet);
  await fleet.ok('start');
  const { pid } = await fleet.row('ada');
  rmSync(logOf(fleet));
  await fleet.event(({ event }) => event === 'log-noted');
  await daemon.killed();
  await foregroundDaemon(fleet);
  expect(await fleet.av('send', 'ada', 'one', '--wait')).toMatchObject({ code: 0 });
  expect(await fleet.row('ada')).toMatchObject({ pid, restarts: 0, health: 'healthy', lastTurn: { outcome: 'good' } });
});

test('a log that somebody empties while no daemon lives is a gap, and the agent is heard on', async () => {
  const fleet = standInBox(['ada']);
  const daemon = await foregroundDaemon(fleet);
  await fleet.ok('start');
  expect(await fleet.ok('send', 'ada', 'one', '--wait')).toBe('answer to: one\n');
  await daemon.killed();
  truncateSync(logOf(fleet));
  await foregroundDaemon(fleet);
  expect(await fleet.ok('send', 'ada', 'two', '--wait')).toBe('answer to: two\n');
  expect(await noted(fleet)).toHaveLength(1);
});

test('a log that is another file than the agent writes to is not cut: nothing of a stranger is taken', async () => {
  // Larger than what the agent prints when it begins, or a cut of that may be under way.
  const fleet = standInBox(['ada'], {}, { log: { maxSize: '8KB', total: '1GB' } });
  await fleet.ok('start');
  const log = logOf(fleet);
  rmSync(log);
  const stranger = 'not ours\n'.repeat(1_000);
  appendFileSync(log, stranger);
  const { detail } = await fleet.event(({ event }) => event === 'log-stuck');
  expect(detail).toBe('stdout is not cut: another file or none stands in its place');
  expect(await fleet.ok('logs', 'ada', '--raw', '--run', basename(runDirs(fleet.home, 'ada')[0] ?? ''))).toContain(
    stranger,
  );
  expect((await fleet.row('ada')).degraded).toEqual([expect.stringContaining('is not cut')]);
});

test('a home that somebody moves away under the daemon, and back, ends neither it nor its agents', async () => {
  const fleet = standInBox(['ada']);
  const daemon = await foregroundDaemon(fleet);
  await fleet.ok('start');
  const { pid } = await fleet.row('ada');
  const client = fleet.client();
  await client.call('ping', {});
  renameSync(fleet.home, `${fleet.home}.away`);
  // Longer than all that is looked at once a second.
  const looks = Date.now() + 2_500;
  await expect.poll(() => Date.now() > looks, { timeout: 10_000 }).toBe(true);
  expect(await client.call('ping', {})).toMatchObject({ pid: daemon.pid });
  // It has made the home anew meanwhile.
  rmSync(fleet.home, { recursive: true });
  renameSync(`${fleet.home}.away`, fleet.home);
  await expect.poll(async () => (await fleet.av('ping')).code, { timeout: 10_000 }).toBe(0);
  expect(await fleet.row('ada')).toMatchObject({ pid, state: 'running' });
  expect(await fleet.ok('send', 'ada', 'one', '--wait')).toBe('answer to: one\n');
});
