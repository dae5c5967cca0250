import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { realBox, type RealBox } from './agents.ts';
import { realClaudes } from './claude.ts';
import {
  askAll,
  attemptsOf,
  expectConversation,
  expectSpaced,
  mainRequests,
  QUIET,
  requestsOf,
  watch,
} from './seen.ts';
import type { Attempt, Seen } from './seen.ts';

const OUTAGE_MS = 16_000;
const SCRIPT = { faults: [{ when: { window: 'outage' }, do: { api: '401' as const } }] };

type Outage = {
  readonly names: readonly string[];
  readonly fleet: RealBox;
  readonly seen: Seen;
  readonly closedAt: number;
  readonly attempts: readonly Attempt[];
  /** The attempts that were made while the window was open. */
  readonly within: readonly Attempt[];
};

/** Agents that have all answered once are asked while every process is refused, and answer when the window has closed. */
async function sitOut(bin: string, names: readonly string[]): Promise<Outage> {
  const fleet = await realBox(bin, names, SCRIPT, QUIET);
  await askAll(fleet, names, 'first');
  const seen = await watch(fleet);
  fleet.api.openWindow('outage');
  const answered = askAll(fleet, names, 'question');
  await sleep(OUTAGE_MS);
  fleet.api.closeWindow('outage');
  const closedAt = Date.now();
  await answered;
  const attempts = attemptsOf(await fleet.incidents());
  return { names, fleet, seen, closedAt, attempts, within: attempts.filter(({ at }) => Date.parse(at) < closedAt) };
}

/** When an agent's own question was answered by the API. */
function answeredAt({ fleet }: Outage, name: string): number {
  const good = mainRequests(fleet.api).find(
    ({ status, texts }) => status === 200 && texts.at(-1) === `question of ${name}`,
  );
  return good?.at ?? Number.NaN;
}

function expectNobodyHealthy(outage: Outage): void {
  for (const name of outage.names) {
    const failed = outage.seen.events.find(({ event }) => event.agent === name && event.event === 'turn-failed');
    const from = failed?.at ?? Number.NaN;
    const until = answeredAt(outage, name);
    const between = outage.seen.rows.filter(({ at, row }) => row.name === name && at >= from && at < until);
    expect(between.length, `rows of ${name} in the outage`).toBeGreaterThan(0);
    expect(
      between.filter(({ row }) => row.health === 'healthy'),
      `${name} called healthy`,
    ).toEqual([]);
  }
}

/** Who has failed is not the next to try, as long as there are others. */
function expectTurns({ names, within }: Outage): void {
  const repeated = within.filter(({ agent }, index) => agent === within[index - 1]?.agent);
  if (names.length > 1) expect(repeated).toEqual([]);
}

/** The API was asked by nobody but the attempts, one after the other, and the first good answer is a canary's. */
function expectCanaryFirst({ names, fleet, seen, closedAt, attempts }: Outage): void {
  const good = attempts.filter(({ outcome }) => outcome === 'recovered');
  expect(good.map(({ agent }) => agent).toSorted()).toEqual(names.toSorted());
  const [canary, ...followers] = good;
  expect(canary?.canary).toBe(true);
  expect(followers.filter((each) => each.canary)).toEqual([]);
  const first = requestsOf(fleet.api, seen.pidOf(canary?.run ?? null)).find(({ status }) => status === 200);
  for (const { agent, run } of followers) {
    const asked = requestsOf(fleet.api, seen.pidOf(run))[0];
    expect(asked?.at, `${agent} asks`).toBeGreaterThan(first?.at ?? Number.NaN);
  }
  const refused = mainRequests(fleet.api).filter(({ status, at }) => status === 401 && at >= closedAt);
  expect(refused).toEqual([]);
}

function expectOneIncident(outage: Outage, incidents: Awaited<ReturnType<RealBox['incidents']>>): void {
  const [incident, ...others] = incidents.filter(({ mergedInto }) => mergedInto === null);
  expect(others).toEqual([]);
  expect(incident).toMatchObject({ scope: 'window', cause: 'auth-window', closedAt: expect.any(String) });
  expect(incident?.agents.toSorted()).toEqual(outage.names.toSorted());
  expect(incident?.recoveries.map(({ agent }) => agent).toSorted()).toEqual(outage.names.toSorted());
}

for (const { version, bin, missing } of realClaudes()) {
  describe.skipIf(missing !== null)(`Claude Code ${version}${missing === null ? '' : ` (${missing})`}`, () => {
    test('a closed window is waited out with as few attempts by six agents as by one, and each of them answers once', async () => {
      const six = ['ada', 'bob', 'cyn', 'dan', 'eve', 'fay'];
      const [alone, together] = await Promise.all([sitOut(bin, ['ada']), sitOut(bin, six)]);
      for (const outage of [alone, together]) {
        expect(outage.within.length).toBeGreaterThanOrEqual(2);
        expect(outage.within.filter(({ outcome }) => outcome === 'recovered').length).toBeLessThanOrEqual(1);
        const refused = outage.within.filter(({ outcome }) => outcome !== 'recovered');
        expectSpaced(outage.fleet, outage.seen, refused);
        expectTurns(outage);
        expectNobodyHealthy(outage);
        expectCanaryFirst(outage);
        expectOneIncident(outage, await outage.fleet.incidents());
      }
      expect(Math.abs(alone.within.length - together.within.length)).toBeLessThanOrEqual(2);
      for (const { fleet, names } of [alone, together]) {
        await Promise.all(
          names.map((name) => expectConversation(fleet, name, [`first of ${name}`, `question of ${name}`])),
        );
      }
    });
  });
}
