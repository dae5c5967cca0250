import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bearersUnder } from '../box.ts';
import { standInBox } from '../daemon/stand-in-box.ts';
import { dyingDaemon, livingDaemon } from './dying-daemon.ts';

/**
 * Fault 2, by a power cut: of the journal only that is left which the system had confirmed to be on the disk. Here the agents
 * live on, which is harder: what they have done is there, and what is known of it is not.
 */

/** At the first thing that follows when everything else is over: the snapshot that somebody asks for. */
const POWER_CUT = { point: 'snapshot:begin', hit: 1, kept: 0 } as const;

const newId = (): string => randomUUID().replace(/.{4}$/, '0000');

test('what an operator was told to be done is so after a power cut', async () => {
  const own = standInBox([]);
  const sleeps = { mode: 'command', command: ['sleep', '3600'], stop: { killTimeout: '100ms' } };
  own.write({ agents: ['ada', 'bob', 'cyd'].map((name) => ({ name, ...sleeps })) });
  const daemon = await livingDaemon(own, POWER_CUT);
  await own.ok('start');
  await own.ok('stop', 'bob');
  await own.ok('delete', 'cyd');
  await own.ok('pause', 'ada');
  await expect(own.client().call('save', {})).rejects.toThrow('closed the connection');
  await daemon.dead;
  await dyingDaemon(own).answers();
  await own.until('bob', ({ state }) => state === 'stopped');
  const rows = await own.rows();
  expect(rows.map(({ name, desired, paused }) => ({ name, desired, paused }))).toEqual([
    { name: 'ada', desired: 'up', paused: true },
    { name: 'bob', desired: 'down', paused: false },
  ]);
  expect(bearersUnder(join(own.home, 'agents/bob'))).toEqual([]);
});

test('messages that were taken before a power cut are each answered once, whatever was known of them', async () => {
  const answer = '{text}, seen {seen}';
  const faults = [{ when: { untilFile: 'go' }, do: { api: 'hang' as const } }, { do: { answer } }];
  const fleet = standInBox(['ada'], { faults }, { credential: null });
  const daemon = await livingDaemon(fleet, POWER_CUT);
  await fleet.ok('start');
  const client = fleet.client();
  const ids = [newId(), newId(), newId()];
  for (const [n, id] of ids.entries()) await client.call('send', { agent: 'ada', text: `question ${n}`, id });
  await fleet.until('ada', ({ inTurn }) => inTurn);
  // The others are written to it while nothing else happens that would have to be on the disk.
  writeFileSync(join(fleet.dir, 'go'), '');
  for (const id of ids) await client.call('outcome', { agent: 'ada', id });
  await expect(client.call('save', {})).rejects.toThrow('closed the connection');
  await daemon.dead;
  await dyingDaemon(fleet).answers();
  const next = fleet.client();
  for (const [n, id] of ids.entries()) {
    expect(await next.call('outcome', { agent: 'ada', id })).toMatchObject({ answer: `question ${n}, seen 1` });
  }
  expect(fleet.stdout('ada').filter((line) => line.includes('"type":"result"'))).toHaveLength(ids.length);
});
