import { describe, expect, test } from 'vitest';
import type { HistoryRow } from '../../src/protocol/rows.ts';
import type { Description, MessageOutcome } from '../../src/protocol/api.ts';
import { realBox, type RealBox } from './agents.ts';
import { realClaudes } from './claude.ts';
import { ask, askAll, attemptsOf, expectConversation, mainRequests, QUIET, watch } from './seen.ts';

const POISON = 'poison';
const AGENT = { ...QUIET, restart: { delayMin: '10ms', delayMax: '10ms' } };
/** Answered by nobody: the process is dead before. */
const NEVER_ANSWERED = { when: { contains: POISON }, do: { api: 'hang' as const } };

/** Kills the process that asks this, as soon as it asks; once for each process, as often as `times` says. Gives whom. */
async function killEachThatAsks(
  fleet: RealBox,
  times: number,
  spared: readonly (number | null)[] = [],
): Promise<number[]> {
  const killed: number[] = [];
  while (killed.length < times) {
    const { pid } = await fleet.api.waitForRequest(
      (request) =>
        request.kind === 'main' &&
        request.pid !== null &&
        request.texts.at(-1) === POISON &&
        ![...killed, ...spared].includes(request.pid),
    );
    if (pid === null) continue;
    process.kill(pid, 'SIGKILL');
    killed.push(pid);
  }
  return killed;
}

/** The message is shown as failed, with what its agent died of, wherever one looks for it. */
async function expectShownAsFailed(fleet: RealBox, sent: { code: number | null; stdout: string }): Promise<void> {
  const outcome = JSON.parse(sent.stdout) as MessageOutcome;
  expect({ code: sent.code, ...outcome }).toMatchObject({ code: 1, state: 'failed', cause: 'signal' });
  const [ada] = JSON.parse(await fleet.ok('describe', 'ada', '--json')) as Description[];
  expect(ada?.messages.filter(({ id }) => id === outcome.id)).toMatchObject([{ state: 'failed', cause: 'signal' }]);
  const history = JSON.parse(await fleet.ok('history', 'ada', '--json')) as HistoryRow[];
  const told = history.filter(({ event }) => event === 'message-failed');
  expect(told).toMatchObject([{ cause: 'signal', detail: expect.stringContaining(outcome.id) }]);
}

for (const { version, bin, missing } of realClaudes()) {
  describe.skipIf(missing !== null)(`Claude Code ${version}${missing === null ? '' : ` (${missing})`}`, () => {
    test('a message that kills its agent three times is given up and shown, and the next one is answered', async () => {
      const fleet = await realBox(bin, ['ada'], { faults: [NEVER_ANSWERED] }, AGENT);
      await ask(fleet, 'ada', 'first');
      const { sessionId } = await fleet.row('ada');
      const poison = fleet.av('send', 'ada', POISON, '--wait', '--json');
      await fleet.api.waitForRequest(({ texts }) => texts.at(-1) === POISON);
      const next = ask(fleet, 'ada', 'next');
      await fleet.until('ada', ({ queued }) => queued === 1);
      const killed = await killEachThatAsks(fleet, 3);
      await expectShownAsFailed(fleet, await poison);
      await next;
      const asked = mainRequests(fleet.api).filter(({ texts }) => texts.at(-1) === POISON);
      expect(new Set(asked.map(({ pid }) => pid))).toEqual(new Set(killed));
      expect(await fleet.row('ada')).toMatchObject({ state: 'running', health: 'healthy', queued: 0, sessionId });
      expect((await fleet.row('ada')).restartsByCause).toEqual({ signal: 3 });
      expect(await fleet.incidents()).toEqual([]);
    });

    test('an agent that dies of its message while it tries for all does not keep the others from recovering', async () => {
      const names = ['ada', 'bob', 'cyn'];
      const outage = { when: { window: 'outage' }, do: { api: '401' as const } };
      const fleet = await realBox(bin, names, { faults: [outage, NEVER_ANSWERED] }, AGENT);
      await askAll(fleet, names, 'first');
      const seen = await watch(fleet);
      const refused = (await fleet.rows()).map(({ pid }) => pid);
      fleet.api.openWindow('outage');
      const poison = fleet.av('send', 'ada', POISON, '--wait', '--json');
      await fleet.api.waitForRequest(({ texts }) => texts.at(-1) === POISON);
      const next = fleet.av('send', 'ada', 'next', '--wait');
      const others = askAll(fleet, ['bob', 'cyn'], 'question');
      const [first] = await killEachThatAsks(fleet, 1, refused);
      fleet.api.closeWindow('outage');
      const rest = killEachThatAsks(fleet, 2, [...refused, first ?? null]);
      await others;
      await rest;
      await expectShownAsFailed(fleet, await poison);
      expect(await next).toMatchObject({ code: 0, stdout: 'answer to: next\n' });

      const attempts = attemptsOf(await fleet.incidents());
      const died = attempts.find(({ run }) => run !== null && seen.pidOf(run) === first);
      expect(died).toMatchObject({ agent: 'ada', canary: true });
      expect(['recovered', 'failed']).not.toContain(died?.outcome);
      // Another took its place.
      const successor = attempts.find(({ outcome }) => outcome === 'recovered');
      expect(['bob', 'cyn']).toContain(successor?.agent);
      expect(successor?.canary).toBe(true);
      expect((await fleet.incidents()).filter(({ closedAt }) => closedAt === null)).toEqual([]);
      await Promise.all(
        ['bob', 'cyn'].map((name) => expectConversation(fleet, name, [`first of ${name}`, `question of ${name}`])),
      );
    });
  });
}
