import { describe, expect, test } from 'vitest';
import type { ExplanationRow, HistoryRow } from '../../src/protocol/rows.ts';
import { realBox, type RealBox } from './agents.ts';
import { realClaudes } from './claude.ts';
import { ask, attemptsOf, expectConversation, mainRequests, QUIET, requestsOf } from './seen.ts';

async function explained(fleet: RealBox, name: string): Promise<ExplanationRow> {
  const [row] = JSON.parse(await fleet.ok('explain', name, '--json')) as ExplanationRow[];
  if (row === undefined) throw new Error(`nothing was said of ${name}`);
  expect(await fleet.ok('explain', name)).toContain(name);
  return row;
}

const history = async (fleet: RealBox, name: string): Promise<readonly string[]> =>
  (JSON.parse(await fleet.ok('history', name, '--json')) as HistoryRow[]).map(({ event }) => event);

for (const { version, bin, missing } of realClaudes()) {
  describe.skipIf(missing !== null)(`Claude Code ${version}${missing === null ? '' : ` (${missing})`}`, () => {
    test('a paused agent that is rejected is left alone until it is resumed, and explain says so', async () => {
      const fleet = await realBox(bin, ['ada', 'bob'], {}, QUIET);
      await Promise.all([ask(fleet, 'ada', 'first'), ask(fleet, 'bob', 'hello')]);
      const before = await fleet.row('ada');
      await fleet.ok('pause', 'ada');
      fleet.api.latch(before.pid ?? 0);
      const question = ask(fleet, 'ada', 'question');
      await fleet.event(({ agent, event }) => agent === 'ada' && event === 'turn-failed');
      // The other one is brought back from the same trouble meanwhile, so there was time to bring back this one.
      fleet.api.latch((await fleet.row('bob')).pid ?? 0);
      await ask(fleet, 'bob', 'are you there');
      const paused = await fleet.row('ada');
      expect(paused).toMatchObject({ paused: true, state: 'running', pid: before.pid, restarts: 0, queued: 1 });
      expect(paused.health).not.toBe('healthy');
      expect(attemptsOf(await fleet.incidents()).filter(({ agent }) => agent === 'ada')).toEqual([]);
      const { is, next } = await explained(fleet, 'ada');
      expect(`${is} ${next}`).toMatch(/paused/);
      await fleet.ok('resume', 'ada');
      await question;
      expect(await fleet.row('ada')).toMatchObject({ paused: false, restarts: 1, health: 'healthy' });
      await expectConversation(fleet, 'ada', ['first', 'question']);
    });

    test('a reload waits for the end of the turn, whose answer comes from the old process, and renews it then', async () => {
      const script = { faults: [{ when: { contains: 'long' }, do: { delayMs: 3_000 } }] };
      const fleet = await realBox(bin, ['ada'], script);
      await ask(fleet, 'ada', 'first');
      const before = await fleet.row('ada');
      const long = ask(fleet, 'ada', 'a long one');
      await fleet.api.waitForRequest(({ texts }) => texts.at(-1) === 'a long one');
      await fleet.ok('reload', 'ada');
      const after = await fleet.row('ada');
      expect(after.pid).not.toBe(before.pid);
      expect(after).toMatchObject({ state: 'running', sessionId: before.sessionId, restarts: 1 });
      await long;
      const asked = requestsOf(fleet.api, before.pid ?? 0);
      expect(asked).toMatchObject([
        { texts: ['first'], status: 200 },
        { texts: ['first', 'a long one'], status: 200 },
      ]);
      await expectConversation(fleet, 'ada', ['first', 'a long one']);
      expect(mainRequests(fleet.api).at(-1)?.pid).toBe(after.pid);
      expect(await history(fleet, 'ada')).not.toContain('turn-failed');
    });

    test('explain tells of a rejected agent what it is, on which evidence, when it is tried next, and what one can do', async () => {
      const fleet = await realBox(
        bin,
        ['ada'],
        { faults: [{ when: { window: 'outage' }, do: { api: '401' } }] },
        {
          auth: { quiet: { min: '10m', max: '10m' } },
        },
      );
      await ask(fleet, 'ada', 'first');
      expect(await explained(fleet, 'ada')).toMatchObject({ is: expect.stringContaining('healthy'), todo: '' });
      fleet.api.openWindow('outage');
      const question = ask(fleet, 'ada', 'question');
      const quiet = await fleet.until('ada', ({ health, nextAttemptAt, restarts }) => {
        return health === 'quiet' && nextAttemptAt !== null && restarts === 1;
      });
      const refused = mainRequests(fleet.api).findLast(({ status }) => status === 401);
      const { is, why, next, todo, text } = await explained(fleet, 'ada');
      expect(is).toContain('quiet');
      expect(why).toContain('401');
      expect(why).toContain(refused?.requestId);
      // A deadline is shown as a time of day anew each time: the two clocks are not read in the same instant.
      const [said = ''] = /\d{4}-\d\d-\d\dT[\d:.]+Z/.exec(next) ?? [];
      expect(Math.abs(Date.parse(said) - Date.parse(quiet.nextAttemptAt ?? ''))).toBeLessThan(100);
      expect(todo).toContain('agentvisor restart ada');
      for (const part of [is, why, next, todo]) expect(text).toContain(part);
      // Nobody waits ten minutes who does as he is told.
      fleet.api.closeWindow('outage');
      await fleet.ok('restart', 'ada');
      await question;
      expect(await explained(fleet, 'ada')).toMatchObject({ is: expect.stringContaining('healthy'), todo: '' });
    });
  });
}
