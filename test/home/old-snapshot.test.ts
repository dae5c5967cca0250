import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { loadState } from '../../src/home/journal.ts';
import { snapshotFile } from '../../src/home/paths.ts';
import { nextDeadline } from '../../src/kernel/deadlines.ts';
import { step } from '../../src/kernel/step.ts';
import { credentialStates } from '../../src/protocol/credential-row.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { ADA, at, fleetOf } from '../kernel/fleet-of.ts';

test('a snapshot of a daemon that kept nothing of credentials is loaded, and goes on', () => {
  const { ledger: _, ...fleet } = fleetOf(ADA);
  const home = temporaryFolder();
  mkdirSync(dirname(snapshotFile(home)), { recursive: true });
  writeFileSync(snapshotFile(home), JSON.stringify({ format: 1, seq: 7, fleet }));
  const state = loadState(home);
  expect(state).toMatchObject({ seq: 7, damage: [], fleet: { ledger: {} } });
  expect(nextDeadline(state.fleet).wall).toBeNull();
  expect(credentialStates(state.fleet, 0)).toMatchObject([{ name: 'max', verdict: 'unproven' }]);
  const started = step(state.fleet, { type: 'desired', agent: 'ada', desired: 'up' }, at(0));
  expect(started.commands.map(({ type }) => type)).toContain('spawn');
});
