import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { standInBox } from '../daemon/stand-in-box.ts';
import { readPage } from '../docs/pages.ts';
import { dyingDaemon, livingDaemon, underWay } from './dying-daemon.ts';

/** What the tests kill a daemon with is no part of what is released; see docs/adr. */

const DEATH = { point: 'snapshot:begin', hit: 1 } as const;

test('a released daemon does not know how to die: the variables of the tests are nothing to it', async () => {
  const own = standInBox([]);
  const daemon = dyingDaemon(own, DEATH, []);
  expect(await daemon.answers()).toBe(true);
  await own.ok('save');
  expect(daemon.isDead()).toBe(false);
  expect(daemon.trace()).toEqual([]);
});

test('what obeys them is not in the package', () => {
  const { imports, files } = JSON.parse(readPage('package.json').text) as {
    imports: { '#failpoint': Record<string, string> };
    files: string[];
  };
  expect(imports['#failpoint']).toMatchObject({ 'agentvisor-test': './test/faults/failpoint.mjs' });
  expect(files.filter((name) => name.startsWith('test') || name.startsWith('.'))).toEqual([]);
});

test('no agent of a daemon of the tests is told of it', async () => {
  const own = standInBox([]);
  own.write({ agents: [{ name: 'ada', mode: 'command', command: ['sleep', '3600'] }] });
  await livingDaemon(own, DEATH);
  await own.ok('start');
  const environment = readFileSync(`/proc/${(await own.row('ada')).pid}/environ`, 'utf8');
  expect(environment).toContain('AGENTVISOR_AGENT=ada');
  expect(environment).not.toMatch(/AGENTVISOR_TEST|NODE_OPTIONS|agentvisor-test/);
});

test('what a daemon is at is what it has begun and not ended, of several runs at once', () => {
  const trace = [
    'stop:begin 1',
    'stop:begin 2',
    'journal:begin append',
    'journal:end append',
    'stop:termed 1',
    'stop:end 1',
  ];
  const reached = trace.map((line) => line.split(' ')).map(([point = '', subject = '']) => ({ point, subject }));
  expect(underWay(reached)).toEqual(['stop']);
  expect(underWay([...reached, { point: 'stop:end', subject: '2' }])).toEqual([]);
});
