import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { incidentsFile, stateFolder } from '../../src/home/paths.ts';
import { readIncidents, readRawIncidents } from '../../src/home/records.ts';
import { wall } from '../../src/kernel/moment.ts';
import { BEGIN, incident } from '../cli/incident.ts';
import { temporaryFolder } from '../cli/folder.ts';

test('an incident is read as it was last written, in the order in which incidents were opened, over both files', () => {
  const home = temporaryFolder();
  mkdirSync(stateFolder(home));
  const lines = [
    incident({ id: 'i1', idleMs: 7 }),
    incident({ id: 'i2' }),
    incident({ id: 'i1', idleMs: 7, closedAt: wall(BEGIN + 1) }),
  ].map((each, index) => `${JSON.stringify({ seq: 1, index, incident: each })}\n`);
  writeFileSync(join(stateFolder(home), 'incidents.prev.ndjson'), lines.slice(0, 2).join(''));
  writeFileSync(incidentsFile(home), `${lines[2] ?? ''}{"seq":1,"ind`);
  expect(readRawIncidents(home)).toEqual([
    incident({ id: 'i1', idleMs: 7, closedAt: wall(BEGIN + 1) }),
    incident({ id: 'i2' }),
  ]);
  expect(readIncidents(home).map(({ id, closedAt }) => [id, closedAt])).toEqual([
    ['i1', '2026-11-20T00:00:00.001Z'],
    ['i2', null],
  ]);
});

test('a home without incidents has none', () => {
  expect(readRawIncidents(temporaryFolder())).toEqual([]);
});
