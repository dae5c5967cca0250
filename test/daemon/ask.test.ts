import { expect, onTestFinished, test } from 'vitest';
import { send } from '../../src/daemon/ask.ts';
import { systemClock } from '../../src/daemon/clock.ts';
import type { DaemonContext } from '../../src/daemon/context.ts';
import { Engine } from '../../src/daemon/engine.ts';
import { openStore } from '../../src/daemon/store.ts';
import { runOf } from '../../src/kernel/fleet.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { ADA, agentIn, fleetOf, uuidOf } from '../kernel/fleet-of.ts';
import { NO_TRAY } from './no-tray.ts';

test('an agent that is being deleted takes no message: it would go with it, and whoever asked believes that it waits', async () => {
  const store = openStore(temporaryFolder(), NO_TRAY);
  const engine = new Engine(systemClock('boot-1'), store, { fleet: fleetOf(ADA), seq: 0 }, () => undefined);
  onTestFinished(() => engine.close());
  await engine.submit({ type: 'desired', agent: 'ada', desired: 'up' });
  const run = runOf(agentIn(engine.fleet).state)?.id ?? '';
  await engine.submit({ type: 'spawned', agent: 'ada', run, shimPid: 1, shimStart: '1', fingerprint: null });
  await engine.submit({ type: 'deleted', agent: 'ada' });
  const context = { engine, store } as unknown as DaemonContext;
  const asked = send(context, { agent: 'ada', text: 'hello', id: uuidOf('one') });
  await expect(asked).rejects.toThrow('ada is being deleted and takes no messages any more.');
});
