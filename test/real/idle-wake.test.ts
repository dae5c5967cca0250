import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { emptyBox, realBox, startReal } from './agents.ts';
import { realClaudes } from './claude.ts';
import { ask, expectConversation, mainRequests, QUIET, requestsOf } from './seen.ts';

const IDLE_MS = 3_000;
const IDLE_WAKE = { idleWake: { after: `${IDLE_MS}ms` } };

/** An agent is idle by doing nothing: this long, and a little more. */
const idleness = (): Promise<void> => sleep(IDLE_MS + 500);

for (const { version, bin, missing } of realClaudes()) {
  describe.skipIf(missing !== null)(`Claude Code ${version}${missing === null ? '' : ` (${missing})`}`, () => {
    test('an agent that was idle too long answers its next message from a new process with the same conversation', async () => {
      const fleet = await realBox(bin, ['ada'], {}, IDLE_WAKE);
      await ask(fleet, 'ada', 'first');
      const before = await fleet.row('ada');
      await idleness();
      expect(await fleet.row('ada')).toMatchObject({ pid: before.pid, restarts: 0 });
      await ask(fleet, 'ada', 'second');
      const after = await fleet.row('ada');
      expect(after.pid).not.toBe(before.pid);
      expect(after).toMatchObject({ sessionId: before.sessionId, restartsByCause: { 'idle-wake': 1 }, restarts: 1 });
      expect(requestsOf(fleet.api, after.pid ?? 0)).toMatchObject([{ texts: ['first', 'second'], status: 200 }]);
      expect(mainRequests(fleet.api)).toHaveLength(2);
      expect(await fleet.incidents()).toEqual([]);
      await expectConversation(fleet, 'ada', ['first', 'second']);
    });

    test('a long turn is not idleness: it ends in the process where it began, and so does what was sent meanwhile', async () => {
      const held = ['first', 'long'].map(
        (word) => ({ when: { window: word, contains: word }, do: { api: 'hang' } }) as const,
      );
      const fleet = await realBox(bin, ['ada'], { faults: held }, IDLE_WAKE);
      const { pid } = await fleet.row('ada');
      fleet.api.openWindow('first');
      fleet.api.openWindow('long');
      const first = ask(fleet, 'ada', 'first');
      await fleet.api.waitForRequest(({ texts }) => texts.at(-1) === 'first');
      const long = ask(fleet, 'ada', 'a long one');
      await fleet.until('ada', ({ inTurn, queued }) => inTurn && queued === 1);
      fleet.api.closeWindow('first');
      await fleet.api.waitForRequest(({ texts }) => texts.at(-1) === 'a long one');
      await idleness();
      const meanwhile = ask(fleet, 'ada', 'meanwhile');
      await fleet.until('ada', ({ inTurn, queued }) => inTurn && queued === 1);
      fleet.api.closeWindow('long');
      await Promise.all([first, long, meanwhile]);
      expect(await fleet.row('ada')).toMatchObject({ pid, restarts: 0, restartsByCause: {} });
      expect(mainRequests(fleet.api).map((request) => request.pid)).toEqual([pid, pid, pid]);
    });

    test('an idle agent is asked as it is while another one of its credential sits in a closed window', async () => {
      const fleet = await emptyBox();
      await startReal(fleet, bin, {
        credentials: { max: { type: 'oauth-token', from: { env: 'TEST_TOKEN' } } },
        defaults: { credential: 'max', ...QUIET },
        agents: [{ name: 'ada', ...IDLE_WAKE }, { name: 'bob' }],
      });
      await Promise.all([ask(fleet, 'ada', 'first of ada'), ask(fleet, 'bob', 'first of bob')]);
      const [ada, bob] = await fleet.rows();
      await idleness();
      const session = bob?.sessionId ?? '';
      fleet.api.setScript({ faults: [{ when: { session, window: 'outage' }, do: { api: '401' } }] });
      fleet.api.openWindow('outage');
      const question = ask(fleet, 'bob', 'question of bob');
      while (!(await fleet.incidents()).some(({ scope }) => scope === 'window')) await fleet.ok('ping');
      await ask(fleet, 'ada', 'question of ada');
      expect(await fleet.incidents()).toMatchObject([{ scope: 'window', agents: ['bob'], closedAt: null }]);
      expect(await fleet.row('ada')).toMatchObject({ pid: ada?.pid, restarts: 0, health: 'healthy' });
      fleet.api.closeWindow('outage');
      await question;
      await idleness();
      await ask(fleet, 'ada', 'afterwards');
      expect(await fleet.row('ada')).toMatchObject({ restartsByCause: { 'idle-wake': 1 } });
    });
  });
}
