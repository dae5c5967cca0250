import { describe, expect, test } from 'vitest';
import { emptyBox, realBox, startReal, type RealBox } from './agents.ts';
import { realClaudes } from './claude.ts';
import { ask, askAll, expectConversation, mainRequests, watch, type Seen } from './seen.ts';

/** How long after its reset a capped agent may be asked again. */
const AFTER_RESET_MS_MAX = 10_000;

/** Each is still the process that it was, and was called nothing but `words` since `seen` began. */
async function expectUntouched(fleet: RealBox, seen: Seen, words: Record<string, readonly string[]>): Promise<void> {
  for (const [name, allowed] of Object.entries(words)) {
    const first = seen.rows.find(({ row }) => row.name === name)?.row;
    expect(await fleet.row(name)).toMatchObject({ pid: first?.pid, run: first?.run, restarts: 0, health: 'healthy' });
    const called = new Set(seen.rows.filter(({ row }) => row.name === name).map(({ row }) => row.health));
    expect([...called].toSorted(), `what ${name} was called`).toEqual([...allowed].toSorted());
  }
}

for (const { version, bin, missing } of realClaudes()) {
  describe.skipIf(missing !== null)(`Claude Code ${version}${missing === null ? '' : ` (${missing})`}`, () => {
    test('a throttle of the big model restarts nobody, is told of its agents only, and is answered when it ends', async () => {
      const throttle = { when: { window: 'throttle', tier: 'opus' as const }, do: { api: '429' as const } };
      const fleet = await emptyBox({ faults: [throttle] });
      await startReal(fleet, bin, {
        credentials: { max: { type: 'oauth-token', from: { env: 'TEST_TOKEN' } } },
        defaults: { credential: 'max' },
        agents: ['oda', 'ola', 'hal'].map((name) => ({
          name,
          claude: { bin, model: name.startsWith('o') ? 'opus' : 'haiku' },
        })),
      });
      await askAll(fleet, ['oda', 'ola', 'hal'], 'first');
      const seen = await watch(fleet);
      fleet.api.openWindow('throttle');
      const big = askAll(fleet, ['oda', 'ola'], 'question');
      await Promise.all(['oda', 'ola'].map((name) => fleet.until(name, ({ health }) => health === 'throttled')));
      await ask(fleet, 'hal', 'question of hal');
      fleet.api.closeWindow('throttle');
      await big;
      await expectUntouched(fleet, seen, {
        oda: ['healthy', 'throttled'],
        ola: ['healthy', 'throttled'],
        hal: ['healthy'],
      });
      const incidents = await fleet.incidents();
      // 2.1.328 asks again by itself, so there no turn has failed and there may be none.
      expect(incidents.filter(({ agents }) => agents.includes('hal'))).toEqual([]);
      expect(incidents.flatMap(({ attempts }) => attempts)).toEqual([]);
      expect(incidents.filter(({ closedAt }) => closedAt === null)).toEqual([]);
      const names = ['oda', 'ola', 'hal'];
      await Promise.all(
        names.map((name) => expectConversation(fleet, name, [`first of ${name}`, `question of ${name}`])),
      );
    });

    test('a used-up quota is waited for until its reset, without a restart and without asking before', async () => {
      const fleet = await realBox(bin, ['ada']);
      await ask(fleet, 'ada', 'first');
      const seen = await watch(fleet);
      const resetsAt = Math.ceil(Date.now() / 1_000) + 8;
      const when = { until: resetsAt * 1_000 };
      fleet.api.setScript({ faults: [{ when, do: { api: '429cap', resetsAt } }] });
      const question = ask(fleet, 'ada', 'question');
      const capped = await fleet.until('ada', ({ health, inTurn }) => health === 'capped' && !inTurn);
      expect(capped).toMatchObject({ state: 'running', queued: 1 });
      const late = Date.parse(capped.nextAttemptAt ?? '') - resetsAt * 1_000;
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThanOrEqual(AFTER_RESET_MS_MAX);
      await question;
      await expectUntouched(fleet, seen, { ada: ['capped', 'healthy'] });
      const asked = mainRequests(fleet.api).filter(({ texts }) => texts.at(-1) === 'question');
      expect(asked.map(({ status }) => status)).toEqual([429, 200]);
      expect(asked[1]?.at).toBeGreaterThanOrEqual(Date.parse(capped.nextAttemptAt ?? ''));
      expect(await fleet.incidents()).toMatchObject([{ cause: 'capped', agents: ['ada'], attempts: [] }]);
      await expectConversation(fleet, 'ada', ['first', 'question']);
    });

    test('an overload is left to Claude Code, which asks again by itself, and nobody is restarted', async () => {
      const overload = { when: { window: 'overload' }, do: { api: '529' as const } };
      const fleet = await realBox(bin, ['ada'], { faults: [overload] });
      await ask(fleet, 'ada', 'first');
      const seen = await watch(fleet);
      fleet.api.openWindow('overload');
      const question = ask(fleet, 'ada', 'question');
      await fleet.until('ada', ({ health, inTurn }) => health === 'throttled' && inTurn);
      await fleet.api.waitForRequest(({ status, attempt }) => status === 529 && attempt === 3);
      fleet.api.closeWindow('overload');
      await question;
      await expectUntouched(fleet, seen, { ada: ['healthy', 'throttled'] });
      const asked = mainRequests(fleet.api).filter(({ texts }) => texts.at(-1) === 'question');
      expect(asked.map(({ status }) => status)).toEqual([529, 529, 529, 200]);
      expect((await fleet.incidents()).flatMap(({ attempts }) => attempts)).toEqual([]);
      await expectConversation(fleet, 'ada', ['first', 'question']);
    });
  });
}
