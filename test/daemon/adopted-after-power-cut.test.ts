import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Host } from '../../src/daemon/host.ts';
import { spawner } from '../../src/daemon/process/spawn.ts';
import { sweeper } from '../../src/daemon/process/sweep.ts';
import { Secrets } from '../../src/daemon/secrets.ts';
import { runFolder } from '../../src/home/paths.ts';
import type { Event } from '../../src/kernel/events.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { ADA, agentIn, aRun, fleetOf } from '../kernel/fleet-of.ts';

const ANSWER = `${JSON.stringify({ type: 'result', subtype: 'success', is_error: false, result: 'to what was asked first' })}\n`;
const HEARD = 5_000;

/** What a daemon reports that finds a run of which it had heard much more than is left. */
async function reported(boot: string): Promise<readonly Event['type'][]> {
  const home = temporaryFolder();
  const runDir = runFolder(home, 'ada', '000001');
  mkdirSync(runDir, { recursive: true });
  writeFileSync(join(runDir, 'stdout.ndjson'), ANSWER);
  const fleet = fleetOf(ADA);
  const events: Event[] = [];
  const host = new Host({
    home,
    identity: { bootId: () => 'this boot', startTimeOf: () => null, isAlive: () => false, exists: () => false },
    spawner,
    sweeper,
    secrets: new Secrets(),
    fleet: () => fleet,
    submit: async (event) => void events.push(event),
    used: async () => null,
    complain: () => undefined,
  });
  const run = aRun({ cursor: HEARD, shim: { pid: 7, start: '7', boot } });
  await host.adopt(agentIn(fleet), run, { pid: 0, start: '' }, true);
  await host.close();
  return events.map(({ type }) => type);
}

test('a log whose end went with the power is not heard again: its answers are to what was asked before', async () => {
  expect(await reported('the boot before')).not.toContain('heard');
});

test('what an agent prints into a log that somebody has emptied is heard', async () => {
  expect(await reported('this boot')).toContain('heard');
});
