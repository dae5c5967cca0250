import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { emptyBox, startReal, type RealBox } from './agents.ts';
import { realClaudes } from './claude.ts';
import { askAll, attemptsOf, expectConversation, mainRequests, QUIET, requestsOf, tokenFile, watch } from './seen.ts';

const NAMES = ['ada', 'bob', 'cyn', 'dan', 'eve'];
/** Longer than the longest quiet: whoever were on the schedule would have tried again. */
const HELD_MS = 6_000;

/** Five agents whose token is read from a file. They have answered; then the token `AAAA` is refused for good. */
async function refusedToken(bin: string): Promise<RealBox> {
  const fleet = await emptyBox();
  await startReal(fleet, bin, {
    credentials: { max: tokenFile(fleet, 'token', 'AAAA') },
    defaults: { credential: 'max', ...QUIET },
    agents: NAMES.map((name) => ({ name })),
  });
  await askAll(fleet, NAMES, 'first');
  fleet.api.setScript({ faults: [{ when: { token: 'AAAA' }, do: { api: '401expired' } }] });
  return fleet;
}

for (const { version, bin, missing } of realClaudes()) {
  describe.skipIf(missing !== null)(`Claude Code ${version}${missing === null ? '' : ` (${missing})`}`, () => {
    test('a dead token holds its agents after one attempt, and a new one in its file brings them back, one first', async () => {
      const fleet = await refusedToken(bin);
      const seen = await watch(fleet);
      const questions = askAll(fleet, NAMES, 'question');
      await Promise.all(NAMES.map((name) => fleet.until(name, ({ health }) => health === 'held')));
      const before = attemptsOf(await fleet.incidents());
      const asked = mainRequests(fleet.api).length;
      await sleep(HELD_MS);
      const [incident, ...others] = (await fleet.incidents()).filter(({ mergedInto }) => mergedInto === null);
      expect(others).toEqual([]);
      expect(incident).toMatchObject({ scope: 'credential', cause: 'auth-credential', closedAt: null });
      expect(incident?.agents.toSorted()).toEqual(NAMES);
      expect(attemptsOf(await fleet.incidents())).toEqual(before);
      expect(mainRequests(fleet.api)).toHaveLength(asked);
      const tried = before.map(({ agent }) => agent);
      expect(new Set(tried).size, `one attempt each: ${tried.join()}`).toBe(tried.length);
      expect(tried.length).toBeGreaterThan(0);

      tokenFile(fleet, 'token', 'BBBB');
      await questions;

      const after = attemptsOf(await fleet.incidents()).slice(before.length);
      expect(after.map(({ agent }) => agent).toSorted()).toEqual(NAMES);
      expect(after.map(({ canary, outcome }) => ({ canary, outcome }))).toEqual(
        NAMES.map((_, index) => ({ canary: index === 0, outcome: 'recovered' })),
      );
      const [canary, ...followers] = after.map(({ run }) => requestsOf(fleet.api, seen.pidOf(run)));
      expect(canary?.[0]).toMatchObject({ status: 200, token: 'BBBB' });
      for (const follower of followers) {
        expect(follower[0]).toMatchObject({ status: 200, token: 'BBBB' });
        expect(follower[0]?.at).toBeGreaterThan(canary?.[0]?.at ?? Number.NaN);
      }
      const closed = (await fleet.incidents()).find(({ id }) => id === incident?.id);
      expect(closed).toMatchObject({ scope: 'credential', closedAt: expect.any(String) });
      expect(closed?.recoveries.map(({ agent }) => agent).toSorted()).toEqual(NAMES);
      await Promise.all(
        NAMES.map((name) => expectConversation(fleet, name, [`first of ${name}`, `question of ${name}`])),
      );
    });
  });
}
