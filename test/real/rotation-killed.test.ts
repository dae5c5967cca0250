import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fingerprint } from '../../src/config/credentials.ts';
import { emptyBox, startReal, type RealBox } from './agents.ts';
import { realClaudes } from './claude.ts';
import { mainRequests, tokenEnding, tokenFile } from './seen.ts';

const NAMES = ['ada', 'bob'];
/** After how many notices of a rotation the daemon is killed. */
const FATAL_NOTICES = [1, 2, 4, 6, 9, 12, 16, 20, 25, 30];
/** Ten rotations, each over the death of a daemon. */
const TEST_MS_MAX = 300_000;

const endingOf = (round: number): string => `R${String(round).padStart(3, '0')}`;

for (const { version, bin, missing } of realClaudes()) {
  describe.skipIf(missing !== null)(`Claude Code ${version}${missing === null ? '' : ` (${missing})`}`, () => {
    test(
      'a daemon killed at ten points of a rotation leaves it finished or undone, and every message answered once',
      { timeout: TEST_MS_MAX },
      async () => {
        const fleet = await emptyBox();
        await startReal(fleet, bin, {
          credentials: { max: tokenFile(fleet, 'token', endingOf(0)) },
          defaults: { credential: 'max' },
          agents: NAMES.map((name) => ({ name })),
        });
        let inPlace = endingOf(0);
        for (const [index, notices] of FATAL_NOTICES.entries()) {
          const next = endingOf(index + 1);
          const fatal = noticed(fleet, notices);
          const rotation = fleet.avWith(
            { input: tokenEnding(next) },
            'rotate',
            'max',
            '--from',
            '-',
            '--yes',
            '--json',
          );
          const answers = NAMES.map((name) => fleet.av('send', name, `kill ${notices} of ${name}`, '--wait'));
          await fatal;
          process.kill(fleet.daemonPid(), 'SIGKILL');
          for (const answer of answers) expect(await answer).toMatchObject({ code: 0 });
          await rotation;
          if ((await stageOf(fleet, next)) === 'done') inPlace = next;
          expect({ notices, ...filesOf(fleet) }).toEqual({ notices, files: ['token'], inPlace });
          for (const row of await fleet.rows()) {
            expect(row.credential?.fingerprint, `${row.name} after ${notices}`).toBe(fingerprint(tokenEnding(inPlace)));
          }
        }
        const good = mainRequests(fleet.api).filter(({ status }) => status === 200);
        for (const name of NAMES) {
          for (const notices of FATAL_NOTICES) {
            const text = `kill ${notices} of ${name}`;
            expect(
              good.filter(({ texts }) => texts.at(-1) === text),
              text,
            ).toHaveLength(1);
          }
        }
      },
    );
  });
}

const filesOf = ({ dir }: RealBox) => ({
  files: readdirSync(dir).filter((name) => name.startsWith('token')),
  inPlace: readFileSync(join(dir, 'token'), 'utf8').trim().slice(-4),
});

/** How the rotation to that token has ended; 'never begun' when the daemon was killed before it was asked. */
async function stageOf(fleet: RealBox, ending: string): Promise<string> {
  await expect.poll(async () => (await fleet.av('ping')).code, { timeout: 10_000 }).toBe(0);
  for (;;) {
    const row = await fleet.client().call('rotation', { credential: 'max', seen: 10_000 });
    if (row === null || row.to !== fingerprint(tokenEnding(ending))) return 'never begun';
    if (row.over) return row.stage;
  }
}

/** Settles with the n-th notification after now. */
async function noticed(fleet: RealBox, n: number): Promise<void> {
  let left = n;
  await new Promise<void>((done) => {
    void fleet.client().subscribe(() => {
      left -= 1;
      if (left === 0) done();
    });
  });
}
