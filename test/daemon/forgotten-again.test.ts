import { existsSync, mkdirSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/daemon/clock.ts';
import { Engine } from '../../src/daemon/engine.ts';
import { openState } from '../../src/daemon/opening.ts';
import { Secrets } from '../../src/daemon/secrets.ts';
import { openStore } from '../../src/daemon/store.ts';
import { agentFolder, runFolder } from '../../src/home/paths.ts';
import { emptyFleet } from '../../src/kernel/fleet.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { ADA, declared } from '../kernel/fleet-of.ts';
import { NO_TRAY } from './no-tray.ts';

test('what a deleted agent has left goes, though the daemon that removed it died in the midst of it', async () => {
  const home = temporaryFolder();
  const engine = new Engine(
    systemClock('boot-1'),
    openStore(home, NO_TRAY),
    { fleet: emptyFleet, seq: 0 },
    () => undefined,
  );
  for (const name of ['ada', 'bob']) {
    await engine.submit(declared({ ...ADA, name }));
    mkdirSync(runFolder(home, name, '000001'), { recursive: true });
  }
  await engine.submit({ type: 'deleted', agent: 'ada' });
  const opened = openState(home, 'boot-1', new Secrets(), () => undefined);
  onTestFinished(() => opened.outbox.close());
  expect([existsSync(agentFolder(home, 'ada')), existsSync(agentFolder(home, 'bob'))]).toEqual([false, true]);
});
