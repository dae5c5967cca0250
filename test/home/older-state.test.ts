import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { loadState } from '../../src/home/journal.ts';
import { journalFile, snapshotFile } from '../../src/home/paths.ts';
import { step } from '../../src/kernel/step.ts';
import { temporaryFolder } from '../cli/folder.ts';
import type { AgentSpec } from '../../src/kernel/spec.ts';
import { ADA, agentIn, at, declared, fleetOf, MAX } from '../kernel/fleet-of.ts';

const without = <T extends object>(value: T, ...keys: readonly string[]): T =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key))) as T;

test('what a daemon of an earlier version has left is taken up: fields that came later are as if nothing had happened', () => {
  const home = temporaryFolder();
  const now = fleetOf(ADA);
  const ada = without(agentIn(now), 'fallback');
  const spec = (name: string): AgentSpec => ({ ...without(ADA, 'fallback'), log: without(ADA.log, 'onFull'), name });
  const old = { ...ada, session: without(ada.session, 'lastSaid'), spec: spec('ada') };
  const credentials = { max: without(MAX, 'mintedAt') };
  const fleet = without({ ...now, agents: { ada: old }, credentials }, 'ledger', 'disk');
  mkdirSync(dirname(snapshotFile(home)), { recursive: true });
  writeFileSync(snapshotFile(home), JSON.stringify({ format: 1, seq: 1, fleet }));
  const bob = declared(spec('bob'));
  const moment = { ...at(5), roll: 0.5 };
  const entries = [
    { seq: 2, moment, event: bob },
    { seq: 3, moment, event: { type: 'credential-declared', spec: { ...without(MAX, 'mintedAt'), name: 'other' } } },
    { seq: 4, moment, event: { type: 'desired', agent: 'bob', desired: 'up' } },
  ];
  writeFileSync(journalFile(home), entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  const state = loadState(home);
  expect(state.damage).toEqual([]);
  expect(state.fleet.agents['ada']).toEqual({ ...agentIn(now), id: ada.id });
  expect(state.fleet.disk).toBeNull();
  expect(state.fleet.agents['bob']).toMatchObject({
    fallback: null,
    spec: { fallback: { whenCapped: false }, log: { onFull: 'truncate-oldest' } },
  });
  expect(Object.values(state.fleet.credentials).map(({ mintedAt }) => mintedAt)).toEqual([null, null]);
  expect(() => step(state.fleet, { type: 'tick' }, moment)).not.toThrow();
});
