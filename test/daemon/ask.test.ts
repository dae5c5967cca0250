import { expect, onTestFinished, test } from 'vitest';
import { send } from '../../src/daemon/ask.ts';
import { systemClock } from '../../src/daemon/clock.ts';
import type { DaemonContext } from '../../src/daemon/context.ts';
import { Engine } from '../../src/daemon/engine.ts';
import { openStore } from '../../src/daemon/store.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { ADA, agentIn, aRun, at, fleetOf, uuidOf } from '../kernel/fleet-of.ts';
import { NO_TRAY } from './no-tray.ts';

test('an agent that is being deleted takes no message: it would go with it, and whoever asked believes that it waits', async () => {
  const plain = fleetOf(ADA);
  const state = { at: 'stopping', run: aRun(), cause: 'operator', phase: 'term', until: null, since: at(0) } as never;
  const fleet = { ...plain, agents: { ada: { ...agentIn(plain), state, deleting: true } } };
  const store = openStore(temporaryFolder(), NO_TRAY);
  const engine = new Engine(systemClock('boot-1'), store, { fleet, seq: 0 }, () => undefined);
  onTestFinished(() => engine.close());
  const context = { engine, store } as unknown as DaemonContext;
  const asked = send(context, { agent: 'ada', text: 'hello', id: uuidOf('one') });
  await expect(asked).rejects.toThrow('ada is being deleted and takes no messages any more.');
});
