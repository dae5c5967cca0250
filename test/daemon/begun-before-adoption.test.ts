import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { closeCore, goOn, openCore, stopAgents } from '../../src/daemon/core.ts';
import { journalFile, snapshotFile, stateFolder } from '../../src/home/paths.ts';
import { readHistory } from '../../src/home/records.ts';
import type { AgentSpec } from '../../src/kernel/spec.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { ADA, agentIn, fleetOf } from '../kernel/fleet-of.ts';

const WORKER: AgentSpec = { ...ADA, mode: 'command', command: ['sleep', '60'], cwd: '/', credentials: [] };

test('who is started while damage is told is not taken up beside that: two would hear the same run', async () => {
  const home = temporaryFolder();
  const plain = fleetOf(WORKER);
  const fleet = { ...plain, agents: { ada: { ...agentIn(plain), desired: 'up' } } };
  mkdirSync(stateFolder(home), { recursive: true });
  writeFileSync(snapshotFile(home), JSON.stringify({ format: 1, seq: 1, fleet }));
  writeFileSync(journalFile(home), 'no journal\n');
  const core = openCore(home, () => undefined);
  onTestFinished(async () => {
    await stopAgents(core.engine);
    await closeCore(core);
  });
  await goOn(core, { loop: null, hasCrashed: true });
  await core.engine.until(({ agents }) => agents['ada']?.state.at === 'running');
  const events = readHistory(home, 'ada').map(({ event }) => event);
  expect(events.filter((event) => event !== 'state-damaged')).toEqual(['starting', 'ready']);
});
