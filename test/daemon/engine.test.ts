import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../src/daemon/clock.ts';
import { Engine } from '../../src/daemon/engine.ts';
import { openStore } from '../../src/daemon/store.ts';
import { loadState, type Snapshot } from '../../src/home/journal.ts';
import { snapshotFile } from '../../src/home/paths.ts';
import { identity } from '../../src/home/process-identity.ts';
import type { Fleet } from '../../src/kernel/fleet.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { ADA, fleetOf, uuidOf } from '../kernel/fleet-of.ts';
import { NO_TRAY } from './no-tray.ts';

/** An engine over real files, with one agent that is down. */
function startEngine(): Engine {
  const engine = engineOn(temporaryFolder());
  onTestFinished(() => engine.close());
  return engine;
}

function engineOn(home: string): Engine {
  const clock = systemClock(identity.bootId());
  const store = openStore(home, NO_TRAY);
  return new Engine(clock, store, { fleet: fleetOf(ADA), seq: 0 }, () => undefined);
}

const message = { type: 'message', agent: 'ada', id: uuidOf('one'), text: 'hello' } as const;

test('who looks while a message is on its way to the disk sees what watchers have been told, not more', async () => {
  const engine = startEngine();
  const told: Fleet[] = [engine.fleet];
  engine.watch(({ after }) => told.push(after));
  const accepted = engine.submit(message);
  expect(engine.fleet).toBe(told.at(-1));
  await accepted;
  expect(engine.fleet).toBe(told.at(-1));
  expect(engine.fleet.agents['ada']?.queue).toHaveLength(1);
});

test('a wait whose asker has gone ends, so that nothing is kept for it', async () => {
  const engine = startEngine();
  const asker = new AbortController();
  const looks: Fleet[] = [];
  const waiting = engine.until((fleet) => looks.push(fleet) < 0, asker.signal);
  await engine.submit(message);
  asker.abort();
  await waiting;
  const before = looks.length;
  await engine.submit({ ...message, id: uuidOf('two') });
  expect(looks).toHaveLength(before);
});

test.each([
  { type: 'desired', agent: 'ada', desired: 'down' },
  { type: 'paused', agent: 'ada', paused: true },
  { type: 'deleted', agent: 'ada' },
] as const)(
  'what an operator is told is done ($type) is on the disk: a power cut takes it back no more',
  async (event) => {
    const store = openStore(temporaryFolder(), NO_TRAY);
    const sync = vi.spyOn(store, 'sync');
    const engine = new Engine(systemClock(identity.bootId()), store, { fleet: fleetOf(ADA), seq: 0 }, () => undefined);
    onTestFinished(() => engine.close());
    await engine.submit(event);
    expect(sync).toHaveBeenCalledTimes(1);
  },
);

test('a save leaves all that was submitted before in the snapshot, and nothing to replay', async () => {
  const home = temporaryFolder();
  const engine = engineOn(home);
  onTestFinished(() => engine.close());
  void engine.submit(message);
  await engine.save();
  const saved = JSON.parse(readFileSync(snapshotFile(home), 'utf8')) as Snapshot;
  expect(saved.fleet).toEqual(engine.fleet);
  expect(saved.fleet.agents['ada']?.queue).toHaveLength(1);
  expect(loadState(home)).toMatchObject({ fleet: engine.fleet, replayed: [], damage: [] });
});

test('an event that is on its way to the disk when the engine is closed is replayed by the next daemon, commands and all', () => {
  const home = temporaryFolder();
  const engine = engineOn(home);
  void engine.submit(message);
  engine.close();
  const { fleet, replayed, damage } = loadState(home);
  expect(fleet.agents['ada']?.queue).toHaveLength(1);
  expect(replayed).toHaveLength(1);
  expect(damage).toEqual([]);
});
