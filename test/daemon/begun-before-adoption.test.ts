import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { closeCore, goOn, openCore, stopAgents, type Core } from '../../src/daemon/core.ts';
import { spawner } from '../../src/daemon/process/spawn.ts';
import { stampNow } from '../../src/home/now.ts';
import { identity } from '../../src/home/process-identity.ts';
import { after } from '../../src/kernel/moment.ts';
import { journalFile, runFolder, snapshotFile, stateFolder } from '../../src/home/paths.ts';
import { readHistory } from '../../src/home/records.ts';
import { RUN_COOKIE } from '../../src/kernel/cookies.ts';
import { runOf } from '../../src/kernel/fleet.ts';
import type { AgentSpec } from '../../src/kernel/spec.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { ADA, agentIn, fleetOf } from '../kernel/fleet-of.ts';

const WORKER: AgentSpec = { ...ADA, mode: 'command', command: ['sleep', '60'], cwd: '/', credentials: [] };

/** A home whose state says that ada is to be started now and is damaged beside that. */
function damagedHome(): string {
  const home = temporaryFolder();
  const plain = fleetOf(WORKER);
  const deadline = after(stampNow(identity.bootId()), 0);
  const state = { at: 'waiting', deadline, cause: 'clean' } as const;
  const fleet = { ...plain, agents: { ada: { ...agentIn(plain), desired: 'up', state } } };
  mkdirSync(stateFolder(home), { recursive: true });
  writeFileSync(snapshotFile(home), JSON.stringify({ format: 1, seq: 1, fleet }));
  writeFileSync(journalFile(home), 'no journal\n');
  return home;
}

async function begin(home: string): Promise<Core> {
  const core = openCore(home, () => undefined);
  onTestFinished(async () => {
    await stopAgents(core);
    await closeCore(core);
  });
  await goOn(core, { loop: null, hasCrashed: true });
  await core.engine.until(({ agents }) => agents['ada']?.state.at === 'running');
  return core;
}

test('who is started while damage is told is not taken up beside that: two would hear the same run', async () => {
  const home = damagedHome();
  await begin(home);
  const events = readHistory(home, 'ada').map(({ event }) => event);
  expect(events.filter((event) => event !== 'state-damaged')).toEqual(['restarting', 'ready']);
});

test('a process that a damaged state has forgotten is taken up before anybody is started', async () => {
  const home = damagedHome();
  const runDir = runFolder(home, 'ada', '000007');
  const env = { PATH: '/usr/bin:/bin', [RUN_COOKIE]: runDir };
  await spawner.spawnRun({ runDir, argv: ['/bin/sleep', '60'], cwd: '/', env, stdin: 'null' });
  const { engine } = await begin(home);
  expect(runOf(agentIn(engine.fleet).state)?.id).toBe('000007');
});
