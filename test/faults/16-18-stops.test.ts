import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readStat } from '../../src/home/proc-stat.ts';
import { bearersUnder, box, type Box } from '../box.ts';
import { expectsPassRule } from './pass-rule.ts';

/** Faults 16, 17, 18 and 23, on a real daemon: who does not want to end, and who would be left behind. */

/** An agent that is a shell script; it has begun when it has said `ready`. */
async function scripted(script: string, killTimeout: string): Promise<Box> {
  const own = box();
  own.write({
    agents: [{ name: 'ada', mode: 'command', command: ['sh', '-c', script], cwd: './ada', stop: { killTimeout } }],
  });
  await own.ok('start');
  await expect.poll(() => own.stdout('ada').includes('ready'), { timeout: 10_000 }).toBe(true);
  return own;
}

const bearers = (own: Box): number[] => bearersUnder(join(own.home, 'agents/ada'));
const exitOf = async (own: Box): Promise<string> => (await own.event(({ event }) => event === 'exited')).detail;

test('an agent that ignores TERM is killed with all of its processes at killTimeout, and the stop ends then (16)', async () => {
  const own = await scripted(
    `trap '' TERM; (while :; do sleep 1000; done) & echo ready; while :; do sleep 1000; done`,
    '300ms',
  );
  await own.ok('stop', 'ada');
  expect(bearers(own)).toEqual([]);
  expect(await exitOf(own)).toBe('exit code 137');
  expect(await own.row('ada')).toMatchObject({ state: 'stopped', desired: 'down', pid: null });
  await expectsPassRule(own);
});

test('an agent that ends by TERM and leaves a child that does not is stopped only when the child is gone (17)', async () => {
  const own = await scripted(`trap 'exit 0' TERM; (trap '' TERM; echo ready; sleep 1000) & wait`, '1h');
  await own.ok('stop', 'ada');
  expect(bearers(own)).toEqual([]);
  expect(await exitOf(own)).toBe('exit code 0');
  expect((await own.event(({ event }) => event === 'leftovers')).detail).toMatch(/^\d+ process\(es\) ended$/);
  await expectsPassRule(own);
});

test('a child in a session of its own and a daemonised grandchild are gone after a stop (18)', async () => {
  // The last one says `ready` when all three are what they will be.
  const own = await scripted(
    `setsid sleep 1000 & (setsid sh -c 'echo $$ >orphan; echo ready; exec sleep 1000' &); exec sleep 1000`,
    '1h',
  );
  const orphan = Number(readFileSync(join(own.dir, 'ada/orphan'), 'utf8'));
  await expect.poll(() => bearers(own).length, { timeout: 10_000 }).toBe(4);
  // Nobody of this agent is its parent, and it leads a session of its own.
  expect(bearers(own)).not.toContain(readStat(orphan)?.parent);
  expect(readStat(orphan)?.session).toBe(orphan);
  await own.ok('stop', 'ada');
  expect(bearers(own)).toEqual([]);
  expect(['Z', undefined]).toContain(readStat(orphan)?.state);
  await expectsPassRule(own);
});

test('an exit is seen while an orphan holds the output open, and its time is that of the exit (23)', async () => {
  const own = await scripted(
    `(setsid sh -c 'echo $$ >orphan; exec sleep 1000' &); until [ -s orphan ]; do :; done; echo ready; until [ -e go ]; do sleep 0.02; done; exit 3`,
    '1h',
  );
  const { run } = await own.row('ada');
  const orphan = Number(readFileSync(join(own.dir, 'ada/orphan'), 'utf8'));
  expect(statSync(`/proc/${orphan}/fd/1`).ino).toBe(
    statSync(join(own.home, 'agents/ada/runs', run ?? '', 'stdout.ndjson')).ino,
  );
  const exited = own.event(({ event }) => event === 'exited');
  writeFileSync(join(own.dir, 'ada/go'), '');
  expect((await exited).detail).toBe('exit code 3');
  expect((await own.event(({ event }) => event === 'leftovers')).detail).toBe('1 process(es) ended');
  expect(['Z', undefined]).toContain(readStat(orphan)?.state);
  await expectsPassRule(own);
});
