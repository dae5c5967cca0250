import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/daemon/clock.ts';
import { Engine } from '../../src/daemon/engine.ts';
import { openStore } from '../../src/daemon/store.ts';
import { identity } from '../../src/home/process-identity.ts';
import type { Fleet } from '../../src/kernel/fleet.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { ADA, fleetOf, uuidOf } from '../kernel/fleet-of.ts';

/** An engine over real files, with one agent that is down. */
function startEngine(): Engine {
  const clock = systemClock(identity.bootId());
  const store = openStore(temporaryFolder());
  const engine = new Engine(clock, store, { fleet: fleetOf(ADA), seq: 0 }, () => undefined);
  onTestFinished(() => engine.close());
  return engine;
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
