import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fingerprint } from '../../src/config/credentials.ts';
import { emptyBox, startReal, type RealBox } from './agents.ts';
import { realClaudes } from './claude.ts';
import { askAll, expectConversation, mainRequests, QUIET, tokenEnding, tokenFile } from './seen.ts';

const NAMES = ['ada', 'bob', 'cyn', 'dan', 'eve'];

/** Five agents whose token is read from a file, all of which have answered. */
async function fleetOnFile(bin: string): Promise<RealBox> {
  const fleet = await emptyBox();
  await startReal(fleet, bin, {
    credentials: { max: tokenFile(fleet, 'token', 'AAAA') },
    defaults: { credential: 'max', ...QUIET },
    agents: NAMES.map((name) => ({ name })),
  });
  await askAll(fleet, NAMES, 'first');
  return fleet;
}

const rotate = (fleet: RealBox, ending: string) =>
  fleet.avWith({ input: `${tokenEnding(ending)}\n` }, 'rotate', 'max', '--from', '-', '--yes', '--json');

/** The files beside the source, and the fingerprint of the secret in it. */
const filesOf = ({ dir }: RealBox) => ({
  files: readdirSync(dir).filter((name) => name.startsWith('token')),
  inPlace: readFileSync(join(dir, 'token'), 'utf8').trim().slice(-4),
});

const fingerprintsOf = async (fleet: RealBox): Promise<readonly (string | null | undefined)[]> =>
  (await fleet.rows()).map(({ credential }) => credential?.fingerprint);

const runsOf = async (fleet: RealBox): Promise<ReadonlyMap<string, string | null>> =>
  new Map((await fleet.rows()).map(({ name, run }) => [name, run]));

const stepsIn = (stdout: string): readonly Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

for (const { version, bin, missing } of realClaudes()) {
  describe.skipIf(missing !== null)(`Claude Code ${version}${missing === null ? '' : ` (${missing})`}`, () => {
    test('a revoked token of five agents is rotated: one first, then all, and every message is answered once', async () => {
      const fleet = await fleetOnFile(bin);
      fleet.api.setScript({ faults: [{ when: { token: 'AAAA' }, do: { api: '403revoked' } }] });
      const questions = askAll(fleet, NAMES, 'question');
      await Promise.all(NAMES.map((name) => fleet.until(name, ({ health }) => health === 'held')));
      const { code, stdout } = await rotate(fleet, 'BBBB');
      expect(code, stdout).toBe(0);
      await questions;
      const steps = stepsIn(stdout);
      const [canary] = steps.flatMap(({ step, agent }) => (step === 'trying' ? [agent] : []));
      const proven = steps.flatMap(({ step, agent }) => (step === 'proven' ? [String(agent)] : []));
      expect(proven[0]).toBe(canary);
      expect(proven.toSorted()).toEqual(NAMES);
      expect(steps.at(-1)).toMatchObject({ credential: 'max', stage: 'done', unproven: [] });
      expect(filesOf(fleet)).toEqual({ files: ['token'], inPlace: 'BBBB' });
      expect(new Set(await fingerprintsOf(fleet))).toEqual(new Set([fingerprint(tokenEnding('BBBB'))]));
      const good = mainRequests(fleet.api).filter(({ status, token }) => status === 200 && token === 'BBBB');
      for (const name of NAMES)
        expect(
          good.filter(({ texts }) => texts.at(-1) === `question of ${name}`),
          name,
        ).toHaveLength(1);
      await Promise.all(
        NAMES.map((name) => expectConversation(fleet, name, [`first of ${name}`, `question of ${name}`])),
      );
    });

    test('a bad token costs the agent that tries it a restart and the others nothing', async () => {
      const fleet = await fleetOnFile(bin);
      fleet.api.setScript({ faults: [{ when: { token: 'CCCC' }, do: { api: '401expired' } }] });
      const before = await runsOf(fleet);
      const rotation = rotate(fleet, 'CCCC');
      const questions = askAll(fleet, NAMES, 'question');
      const { code, stdout } = await rotation;
      await questions;
      expect(code, stdout).toBe(1);
      const steps = stepsIn(stdout);
      const canary = steps.find(({ step }) => step === 'trying')?.['agent'];
      expect(steps.at(-1)).toMatchObject({ stage: 'undone', why: expect.stringContaining('401') });
      expect(filesOf(fleet)).toEqual({ files: ['token'], inPlace: 'AAAA' });
      const after = await runsOf(fleet);
      const changed = [...after].filter(([name, run]) => before.get(name) !== run).map(([name]) => name);
      expect(changed).toEqual([canary]);
      expect(new Set(await fingerprintsOf(fleet))).toEqual(new Set([fingerprint(tokenEnding('AAAA'))]));
      expect(await fleet.incidents()).toEqual([]);
      const good = mainRequests(fleet.api).filter(({ status }) => status === 200);
      for (const name of NAMES)
        expect(
          good.filter(({ texts }) => texts.at(-1) === `question of ${name}`),
          name,
        ).toHaveLength(1);
    });
  });
}
