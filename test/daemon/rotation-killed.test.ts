import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Client } from '../../src/client/client.ts';
import { fingerprint } from '../../src/config/credentials.ts';
import type { RotationRow } from '../../src/protocol/api.ts';
import { STAND_IN, standInBox, type StandInBox } from './stand-in-box.ts';

const NAMES = ['ada', 'bob', 'cyd'];
/** After how many notices the daemon is killed: while the secret is staged, tried, brought to the others, put in its place. */
const FATAL_NOTICES = [1, 2, 4, 8, 12, 17, 22, 28, 35, 42];
/** Ten rotations of three agents, each over the death of a daemon. */
const TEST_MS_MAX = 180_000;
const token = (number: number): string => `sk-ant-oat01-${String(number).padStart(95, 'k')}`;

function boxOnFile(): StandInBox {
  const fleet = standInBox(NAMES, { faults: [{ do: { answer: '{text}, seen {seen}' } }] });
  writeFileSync(join(fleet.dir, 'token'), token(0), { mode: 0o600 });
  fleet.write({
    credentials: { max: { type: 'oauth-token', from: { file: './token' } } },
    defaults: {
      credential: 'max',
      // Of all runs the answers are counted.
      log: { keep: 1_000 },
      claude: { bin: STAND_IN },
      env: { STAND_IN_SCRIPT: join(fleet.dir, 'script.json'), STAND_IN_SPEED: '20' },
    },
    agents: NAMES.map((name) => ({ name, cwd: `./${name}` })),
  });
  return fleet;
}

test(
  'a daemon that is killed at ten points of a rotation leaves it finished or undone, and every message answered once',
  { timeout: TEST_MS_MAX },
  async () => {
    const fleet = boxOnFile();
    await fleet.ok('start');
    const ends: string[] = [];
    for (const [index, notices] of FATAL_NOTICES.entries()) {
      const before = inPlace(fleet);
      const fatal = noticed(fleet.client(), notices);
      const rotation = fleet.avWith({ input: token(index + 1) }, 'rotate', 'max', '--from', '-', '--yes', '--json');
      const answers = NAMES.map((name) => fleet.av('send', name, `kill ${notices}`, '--wait'));
      await fatal;
      process.kill(fleet.daemonPid(), 'SIGKILL');
      for (const answer of answers)
        expect(await answer).toMatchObject({ code: 0, stdout: `kill ${notices}, seen 1\n` });
      await rotation;
      const row = await ended(fleet);
      // The daemon was killed before it was asked: the last rotation is still the one of an earlier round.
      const end = row === null || row.to !== fingerprint(token(index + 1)) ? 'never begun' : row.stage;
      const wanted = end === 'done' ? token(index + 1) : before;
      ends.push(end);
      expect({ round: notices, inPlace: inPlace(fleet), files: tokenFiles(fleet) }).toEqual({
        round: notices,
        inPlace: wanted,
        files: ['token'],
      });
      for (const agent of await fleet.rows()) {
        expect(agent).toMatchObject({ state: 'running', credential: { fingerprint: fingerprint(wanted) } });
      }
    }
    // Some were killed when the secret was on the disk already: what has begun there is brought to its end.
    expect(ends).toContain('done');
    for (const name of NAMES) {
      const lines = fleet.stdout(name).filter((line) => line.includes('"type":"result"'));
      const results = lines.filter((line) => /kill \d+, seen 1/.test(line));
      expect(results).toHaveLength(FATAL_NOTICES.length);
    }
  },
);

const inPlace = ({ dir }: StandInBox): string => readFileSync(join(dir, 'token'), 'utf8').trim();
const tokenFiles = ({ dir }: StandInBox): readonly string[] =>
  readdirSync(dir).filter((name) => name.startsWith('token'));

/** The rotation of this round when it is over; the daemon may still be on its way back. */
async function ended(fleet: StandInBox): Promise<RotationRow | null> {
  await expect.poll(async () => (await fleet.av('ping')).code, { timeout: 10_000 }).toBe(0);
  for (;;) {
    const row = await fleet.client().call('rotation', { credential: 'max', seen: 1_000 });
    if (row === null || row.stage === 'done' || row.stage === 'undone') return row;
  }
}

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
