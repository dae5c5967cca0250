import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { dyingDaemon, livingDaemon } from './dying-daemon.ts';
import { faultBox, identities } from './fault-box.ts';

/** Fault 5: the daemon is killed while it writes a new state, between any two steps of that. */

test.each([
  { point: 'snapshot:begin', replaced: false },
  { point: 'snapshot:written', replaced: false },
  { point: 'snapshot:renamed', replaced: true },
  { point: 'snapshot:end', replaced: true },
] as const)('a daemon that dies at $point of its state leaves one that is whole', async ({ point, replaced }) => {
  const fleet = faultBox(['ada', 'bob']);
  const snapshot = fleet.stateFile('snapshot.json');
  const first = await livingDaemon(fleet);
  await fleet.ok('start');
  await fleet.ok('save');
  await first.kill();
  const old = readFileSync(snapshot, 'utf8');
  // What comes now stands in the journal alone.
  const second = await livingDaemon(fleet, { point, hit: 1 });
  await fleet.ok('stop', 'bob');
  expect(await fleet.ok('send', 'ada', 'hello', '--wait')).toBe('answer to: hello\n');
  const before = identities(await fleet.rows());
  await expect(fleet.client().call('save', {})).rejects.toThrow('closed the connection');
  await second.dead;
  const now = readFileSync(snapshot, 'utf8');
  expect(now === old).toBe(!replaced);
  expect(JSON.parse(now)).toMatchObject({ format: 1 });
  // The new one waits beside it; whatever it holds, nobody reads it.
  expect(existsSync(`${snapshot}.tmp`)).toBe(point === 'snapshot:written');
  if (point === 'snapshot:written') writeFileSync(`${snapshot}.tmp`, 'garbage');
  await dyingDaemon(fleet).answers();
  expect(identities(await fleet.rows())).toEqual(before);
  expect((await fleet.client().call('status', {})).degraded).toEqual([]);
  expect(fleet.corrupt()).toEqual([]);
  expect(await fleet.ok('send', 'ada', 'and now?', '--wait')).toBe('answer to: and now?\n');
  await fleet.ok('save');
  expect(existsSync(`${snapshot}.tmp`)).toBe(false);
  expect(identities(await fleet.rows())).toEqual(before);
});
