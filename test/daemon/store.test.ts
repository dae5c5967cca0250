import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { contentsOf } from '../../src/daemon/outbox/lines.ts';
import { openStore, type Store } from '../../src/daemon/store.ts';
import { loadState } from '../../src/home/journal.ts';
import { readLines } from '../../src/home/ndjson.ts';
import { journalFile, outboxFile } from '../../src/home/paths.ts';
import { readHistory } from '../../src/home/records.ts';
import type { Command } from '../../src/kernel/commands.ts';
import { emptyFleet, type Fleet } from '../../src/kernel/fleet.ts';
import { wall } from '../../src/kernel/moment.ts';
import { step } from '../../src/kernel/step.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { ADA, at, fleetOf, uuidOf } from '../kernel/fleet-of.ts';
import { NO_TRAY } from './no-tray.ts';
import { notice, outboxScene } from './outbox-scene.ts';

const COMPILED = fileURLToPath(new URL('../../dist/daemon/store.js', import.meta.url));

const record = (detail: string): Command => ({
  type: 'record',
  agent: 'ada',
  at: wall(0),
  run: null,
  event: 'ready',
  cause: null,
  detail,
});

function open(home: string, notices = NO_TRAY): Store {
  const store = openStore(home, notices);
  onTestFinished(() => store.close(emptyFleet, 0));
  return store;
}

const details = (home: string): string[] => readHistory(home).map(({ detail }) => detail);

test('what was recorded before a crash is not recorded a second time, what was not is added', () => {
  const home = temporaryFolder();
  open(home).record(1, [record('one'), record('two')]);
  const next = open(home);
  next.recordMissing(1, [record('one'), record('two'), record('three')]);
  next.recordMissing(2, [record('four')]);
  expect(details(home)).toEqual(['one', 'two', 'three', 'four']);
});

test('half a line that each of several crashes has left is no damage', () => {
  const home = temporaryFolder();
  const entry = (seq: number): string => JSON.stringify({ seq, moment: at(0), event: { type: 'tick' } });
  for (let seq = 1; seq <= 3; seq += 1) {
    open(home).append([{ seq, moment: at(0), event: { type: 'tick' } }]);
    appendFileSync(journalFile(home), entry(seq + 1).slice(0, 20));
  }
  // Only its end is missing: it is a line.
  appendFileSync(journalFile(home), entry(4).slice(20));
  open(home).append([{ seq: 5, moment: at(0), event: { type: 'tick' } }]);
  expect(readLines(journalFile(home))).toMatchObject({ torn: 0, damaged: false });
  expect(loadState(home)).toMatchObject({ seq: 5, damage: [] });
});

test('a history that is ahead of the journal, after a power cut or a full disk, hides nothing of what happens next', () => {
  const home = temporaryFolder();
  open(home).record(50, [record('lost with the journal')]);
  const next = open(home);
  next.record(7, [record('new')]);
  expect(details(home)).toEqual(['lost with the journal', 'new']);
});

test('notices go into the outbox once, also when the event that caused them is replayed', () => {
  const { home, open: openOutbox } = outboxScene();
  const told = (id: string): Command => ({ type: 'notice', notice: notice(id), channels: [{ command: ['true'] }] });
  open(home, openOutbox()).record(4, [record('one'), told('a'), told('b')]);
  const next = openOutbox();
  const store = open(home, next);
  store.recordMissing(4, [record('one'), told('a'), told('b'), told('c')]);
  store.record(5, [told('d')]);
  expect(next.last).toEqual({ seq: 5, index: 0 });
  const ids = contentsOf(readLines(outboxFile(home)).values).waiting.values();
  expect([...ids].map((each) => each.notice.id)).toEqual(['a', 'b', 'c', 'd']);
});

test('a file that somebody has removed is begun anew, and nothing stays degraded', () => {
  const home = temporaryFolder();
  const store = open(home);
  const event = { type: 'message', agent: 'ada', id: uuidOf('one'), text: 'x'.repeat(5_000_000) } as const;
  rmSync(journalFile(home));
  store.append([{ seq: 1, moment: at(0), event }]);
  store.tidy(emptyFleet, 1);
  expect(store.refusals()).toEqual([]);
  store.append([{ seq: 2, moment: at(0), event: { type: 'tick' } }]);
  expect(readFileSync(journalFile(home), 'utf8')).toContain('"seq":2');
});

test('a snapshot that the disk takes only in part does not take the place of a whole one', () => {
  const home = temporaryFolder();
  const fleet = fleetOf(ADA);
  openStore(home, NO_TRAY).close(fleet, 3);
  const event = { type: 'message', agent: 'ada', id: uuidOf('one'), text: 'x'.repeat(100_000) } as const;
  const { fleet: large } = step(fleet, event, at(0));
  // Two closings in a row, each with as much room as half a snapshot needs: a limit is a disk that becomes full.
  for (const seq of [4, 5]) closeWithRoomFor(32_768, home, large, seq);
  const state = loadState(home);
  expect(state.damage).toEqual([]);
  expect(state.fleet).toEqual(fleet);
});

function closeWithRoomFor(bytes: number, home: string, fleet: Fleet, seq: number): void {
  const file = join(temporaryFolder(), 'close.mjs');
  const closing = { home, fleet, seq };
  writeFileSync(
    file,
    `import { openStore } from ${JSON.stringify(COMPILED)};
     const { home, fleet, seq } = ${JSON.stringify(closing)};
     const store = openStore(home, { last: null, put: () => undefined });
     store.close(fleet, seq);
     if (store.refusals().length === 0) process.exit(3);`,
  );
  // An ignored XFSZ is inherited, and the write says EFBIG.
  const limited = `trap '' XFSZ; ulimit -f ${bytes / 512}; exec "$@"`;
  const { status, stderr } = spawnSync('/bin/sh', ['-c', limited, 'sh', process.execPath, file], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}
