import { expect, test } from 'vitest';
import { bearersUnder } from '../box.ts';
import type { Client } from '../../src/client/client.ts';
import { standInBox } from './stand-in-box.ts';

const NAMES = ['ada', 'bob', 'cyd'];
/** After how many notices of a round the daemon is killed: early in the deliveries, in the turns, at their ends. */
const FATAL_NOTICES = [1, 4, 8, 12];

test('messages on their way through a daemon that is killed again and again are each answered once, by the same agents', async () => {
  const fleet = standInBox(NAMES, { faults: [{ do: { answer: '{text}, seen {seen}' } }] });
  await fleet.ok('start');
  const before = await fleet.rows();
  for (const notices of FATAL_NOTICES) {
    const fatal = noticed(fleet.client(), notices);
    const answers = NAMES.map((name) => fleet.av('send', name, `kill ${notices}`, '--wait'));
    await fatal;
    process.kill(fleet.daemonPid(), 'SIGKILL');
    for (const answer of answers) {
      expect(await answer).toMatchObject({ code: 0, stdout: `kill ${notices}, seen 1\n` });
    }
    await expect.poll(async () => (await fleet.av('ping')).code, { timeout: 10_000 }).toBe(0);
  }
  const after = await fleet.rows();
  expect(after.map(({ pid, restarts, state }) => ({ pid, restarts, state }))).toEqual(
    before.map(({ pid }) => ({ pid, restarts: 0, state: 'running' })),
  );
  for (const name of NAMES) {
    const results = fleet.stdout(name).filter((line) => (JSON.parse(line) as { type: string }).type === 'result');
    expect(results).toHaveLength(FATAL_NOTICES.length);
    expect(bearersUnder(`${fleet.home}/agents/${name}`)).toHaveLength(2);
  }
});

/** Settles with the n-th notification after now. */
async function noticed(client: Client, n: number): Promise<void> {
  let left = n;
  await new Promise<void>((done) => {
    void client.subscribe(() => {
      left -= 1;
      if (left === 0) done();
    });
  });
}
