import { describe, expect, test } from 'vitest';
import type { AgentRow, IncidentRow } from '../../src/protocol/rows.ts';
import { emptyBox, realBox, startReal, type RealBox } from './agents.ts';
import { realClaudes } from './claude.ts';
import { ask, askAll, attemptsOf, expectConversation, expectSpaced, mainRequests } from './seen.ts';
import { QUIET, tokenFile, watch } from './seen.ts';

const RED = ['ada', 'bob'];
const BLUE = ['cyn', 'dan'];

/** Two agents on the token `REDD`, two on `BLUE`; all have answered. A window may be opened on each token. */
async function twoTokens(bin: string): Promise<RealBox> {
  const fleet = await emptyBox({
    faults: ['REDD', 'BLUE'].map((token) => ({ when: { window: token, token }, do: { api: '401' } })),
  });
  await startReal(fleet, bin, {
    credentials: { red: tokenFile(fleet, 'red', 'REDD'), blue: tokenFile(fleet, 'blue', 'BLUE') },
    defaults: QUIET,
    agents: [
      ...RED.map((name) => ({ name, credential: 'red' })),
      ...BLUE.map((name) => ({ name, credential: 'blue' })),
    ],
  });
  await askAll(fleet, [...RED, ...BLUE], 'first');
  return fleet;
}

/** The incidents, once this is true of them. */
async function incidentsWhen(
  fleet: RealBox,
  isSo: (open: readonly IncidentRow[]) => boolean,
): Promise<readonly IncidentRow[]> {
  for (;;) {
    const open = (await fleet.incidents()).filter(({ closedAt }) => closedAt === null);
    if (isSo(open)) return open;
  }
}

const failedIn = (incidents: readonly IncidentRow[], names: readonly string[]): number =>
  attemptsOf(incidents).filter(({ agent, outcome }) => outcome === 'failed' && names.includes(agent)).length;

const untouched = ({ name, pid, run, sessionId }: AgentRow): Partial<AgentRow> => ({
  name,
  pid,
  run,
  sessionId,
  restarts: 0,
  health: 'healthy',
  incident: null,
});

for (const { version, bin, missing } of realClaudes()) {
  describe.skipIf(missing !== null)(`Claude Code ${version}${missing === null ? '' : ` (${missing})`}`, () => {
    test('a window on one credential is no concern of the agents on another', async () => {
      const fleet = await twoTokens(bin);
      const before = await fleet.rows();
      fleet.api.openWindow('REDD');
      const questions = askAll(fleet, RED, 'question');
      await incidentsWhen(fleet, (open) => open.some(({ scope }) => scope === 'window'));
      for (let round = 1; failedIn(await fleet.incidents(), RED) < 2; round++) {
        await askAll(fleet, BLUE, `round ${round}`);
      }
      const incidents = await fleet.incidents();
      expect(incidents.flatMap(({ agents }) => agents).filter((name) => BLUE.includes(name))).toEqual([]);
      expect(incidents.filter(({ closedAt }) => closedAt === null)).toMatchObject([{ scope: 'window' }]);
      const now = (await fleet.rows()).filter(({ name }) => BLUE.includes(name));
      expect(now).toMatchObject(before.filter(({ name }) => BLUE.includes(name)).map(untouched));
      fleet.api.closeWindow('REDD');
      await questions;
      const refused = mainRequests(fleet.api).filter(({ status }) => status !== 200);
      expect(new Set(refused.map(({ token }) => token))).toEqual(new Set(['REDD']));
      await Promise.all(
        RED.map((name) => expectConversation(fleet, name, [`first of ${name}`, `question of ${name}`])),
      );
    });

    test('two credentials that fail together are one incident upstream, with one agent trying for each', async () => {
      const fleet = await twoTokens(bin);
      const seen = await watch(fleet);
      fleet.api.openWindow('REDD');
      fleet.api.openWindow('BLUE');
      const all = [...RED, ...BLUE];
      const questions = askAll(fleet, all, 'question');
      const open = await incidentsWhen(
        fleet,
        (incidents) => failedIn(incidents, RED) >= 2 && failedIn(incidents, BLUE) >= 2,
      );
      expect(open).toMatchObject([{ scope: 'upstream' }]);
      expect(open[0]?.agents.toSorted()).toEqual(all);
      fleet.api.closeWindow('REDD');
      fleet.api.closeWindow('BLUE');
      await questions;
      const attempts = attemptsOf(await fleet.incidents());
      for (const names of [RED, BLUE]) {
        const own = attempts.filter(({ agent }) => names.includes(agent));
        // One at a time, with a quiet between them, until the first answer.
        const first = own.findIndex(({ outcome }) => outcome === 'recovered');
        expectSpaced(fleet, seen, own.slice(0, first + 1));
        expect(own.slice(first).map(({ canary, outcome }) => ({ canary, outcome }))).toEqual([
          { canary: true, outcome: 'recovered' },
          { canary: false, outcome: 'recovered' },
        ]);
      }
      expect((await fleet.incidents()).filter(({ mergedInto }) => mergedInto === null)).toMatchObject([
        { scope: 'upstream', closedAt: expect.any(String) },
      ]);
      await Promise.all(
        all.map((name) => expectConversation(fleet, name, [`first of ${name}`, `question of ${name}`])),
      );
    });

    test('an agent that is rejected in every new process keeps its own schedule while its siblings answer untouched', async () => {
      const fleet = await realBox(bin, ['ada', 'bob', 'cyn'], {}, QUIET);
      await askAll(fleet, ['ada', 'bob', 'cyn'], 'first');
      const before = await fleet.rows();
      const seen = await watch(fleet);
      const session = before.find(({ name }) => name === 'bob')?.sessionId ?? '';
      const latch = { when: { session, window: 'bob' }, do: { api: '401' as const } };
      fleet.api.setScript({ faults: [latch] });
      fleet.api.openWindow('bob');
      const question = ask(fleet, 'bob', 'question of bob');
      const siblings = before.filter(({ name }) => name !== 'bob');
      for (let round = 1; failedIn(await fleet.incidents(), ['bob']) < 2; round++) {
        await askAll(fleet, ['ada', 'cyn'], `round ${round}`);
      }
      expect(await fleet.incidents()).toMatchObject([
        { scope: 'session', key: 'bob', agents: ['bob'], closedAt: null },
      ]);
      expect(await Promise.all(siblings.map(({ name }) => fleet.row(name)))).toMatchObject(siblings.map(untouched));
      fleet.api.closeWindow('bob');
      await question;
      expect(await fleet.incidents()).toMatchObject([{ scope: 'session', agents: ['bob'] }]);
      expectSpaced(fleet, seen, attemptsOf(await fleet.incidents()));
      const refused = mainRequests(fleet.api).filter(({ status }) => status !== 200);
      expect(new Set(refused.map((request) => request.session))).toEqual(new Set([session]));
      await expectConversation(fleet, 'bob', ['first of bob', 'question of bob']);
    });
  });
}
