import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bearersUnder } from '../box.ts';
import { standInBox } from '../daemon/stand-in-box.ts';
import { expectsPassRule } from './pass-rule.ts';

/** Fault 9: the machine restarts. The processes are gone, and the state says another boot. */

test('after a reboot nobody is adopted, and who was wanted up comes up one a second with its conversation', async () => {
  const fleet = standInBox(['ada', 'bob', 'cyd', 'dan'], {}, { credential: null });
  const { ok, rows, row, until, home, event } = fleet;
  await ok('start');
  await ok('send', 'ada', 'hello', '--wait');
  await ok('stop', 'dan');
  const before = await rows();
  const { boot } = JSON.parse(readFileSync(join(home, 'daemon.json'), 'utf8')) as { boot: string };
  for (const pid of bearersUnder(home)) process.kill(pid, 'SIGKILL');
  await expect.poll(() => bearersUnder(home), { timeout: 10_000 }).toEqual([]);
  changeBoot(home, boot);

  await ok('daemon', 'restart');
  for (const name of ['ada', 'bob', 'cyd']) await until(name, ({ state }) => state === 'running');
  const after = await rows();
  expect(after.map(({ name, state, adopted }) => ({ name, state, adopted }))).toEqual([
    { name: 'ada', state: 'running', adopted: false },
    { name: 'bob', state: 'running', adopted: false },
    { name: 'cyd', state: 'running', adopted: false },
    { name: 'dan', state: 'stopped', adopted: false },
  ]);
  const starts = after
    .flatMap(({ startedAt }) => (startedAt === null ? [] : [Date.parse(startedAt)]))
    .toSorted((one, other) => one - other);
  // A second lies between two of them; a timer may be a little early.
  expect(starts.slice(1).map((at, index) => at - (starts[index] ?? 0) >= 990)).toEqual([true, true]);
  // No crash was counted, and nobody claims to have taken up a process.
  const { detail } = await event(({ agent, event: what }) => agent === 'ada' && what === 'waiting');
  expect(detail).toMatch(/^the machine was restarted; next start in \d+ ms$/);
  expect((await row('ada')).sessionId).toBe(before[0]?.sessionId);
  expect(await ok('send', 'ada', 'and now?', '--wait')).toBe('answer to: and now?\n');
  await expectsPassRule(fleet);
});

/** The state as a machine would find it that has booted anew: what it notes of processes is of another boot. */
function changeBoot(home: string, boot: string): void {
  const earlier = boot.replace(/^.{8}/, '00000000');
  for (const name of ['daemon.json', 'state/journal.ndjson', 'state/snapshot.json']) {
    const file = join(home, name);
    try {
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll(boot, earlier));
    } catch {
      // There is no snapshot before the first journal is folded.
    }
  }
}
