import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DeadlineWatch, LOOK_MS } from '../../src/daemon/deadline-watch.ts';
import { Secrets } from '../../src/daemon/secrets.ts';
import type { Event } from '../../src/kernel/events.ts';
import type { Fleet } from '../../src/kernel/fleet.ts';
import { recordOf } from '../../src/kernel/ledger.ts';
import type { CredentialSpec } from '../../src/kernel/spec.ts';
import { step } from '../../src/kernel/step.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { ADA, at, fleetOf, MAX, START_WALL } from '../kernel/fleet-of.ts';

const DAY_MS = 86_400_000;
const LOGIN: CredentialSpec = { ...MAX, type: 'stored-login', from: null };

/** A fleet, a clock that is set by hand, and a watch that tells the fleet what it sees. */
function watching(credential: CredentialSpec) {
  const home = temporaryFolder();
  let now = 0;
  let fleet: Fleet = fleetOf(ADA);
  const told: Event[] = [];
  const apply = (event: Event): void => void (fleet = step(fleet, event, at(now)).fleet);
  const declare = (spec: CredentialSpec): void => apply({ type: 'credential-declared', spec });
  declare({ ...credential, configDir: credential.from === null ? home : null });
  const watch = new DeadlineWatch({
    home,
    clock: { now: () => at(now), after: () => () => undefined },
    secrets: new Secrets(),
    fleet: () => fleet,
    submit: async (event) => {
      told.push(event);
      apply(event);
    },
  });
  const look = (ms: number): readonly Event[] => {
    now = ms;
    told.length = 0;
    watch.check();
    return [...told];
  };
  const start = (): void => apply({ type: 'desired', agent: 'ada', desired: 'up' });
  const signIn = (endsAt: number | null): void =>
    writeFileSync(
      join(home, '.credentials.json'),
      endsAt === null
        ? '{'
        : JSON.stringify({ claudeAiOauth: { accessToken: 'a', refreshToken: 'r', refreshTokenExpiresAt: endsAt } }),
    );
  return { look, start, declare, signIn, deadline: () => recordOf(fleet, 'max').deadline?.at ?? null };
}

test('it tells the end of a credential once, as soon as somebody uses it', () => {
  const { look, start, deadline } = watching({ ...MAX, mintedAt: START_WALL });
  expect(look(0)).toEqual([]);
  start();
  expect(look(1_000)).toEqual([{ type: 'deadline-seen', credential: 'max', at: START_WALL + 365 * DAY_MS }]);
  expect(look(2_000)).toEqual([]);
  expect(look(LOOK_MS * 3)).toEqual([]);
  expect(deadline()).toBe(START_WALL + 365 * DAY_MS);
});

test('it looks again at once when something else is declared', () => {
  const { look, start, declare } = watching({ ...MAX, mintedAt: START_WALL });
  start();
  look(0);
  declare({ ...MAX, mintedAt: null });
  expect(look(1_000)).toEqual([{ type: 'deadline-seen', credential: 'max', at: null }]);
  declare({ ...MAX, mintedAt: START_WALL + DAY_MS });
  expect(look(2_000)).toEqual([{ type: 'deadline-seen', credential: 'max', at: START_WALL + 366 * DAY_MS }]);
});

test('a login that was changed is seen at the next look, and not before', () => {
  const { look, start, signIn } = watching(LOGIN);
  start();
  signIn(START_WALL + 20 * DAY_MS);
  expect(look(0)).toEqual([{ type: 'deadline-seen', credential: 'max', at: START_WALL + 20 * DAY_MS }]);
  signIn(START_WALL + 40 * DAY_MS);
  expect(look(LOOK_MS - 1)).toEqual([]);
  expect(look(LOOK_MS)).toEqual([{ type: 'deadline-seen', credential: 'max', at: START_WALL + 40 * DAY_MS }]);
});

test('a login that cannot be read for a moment ends as it was to', () => {
  const { look, start, signIn } = watching(LOGIN);
  start();
  signIn(START_WALL + 20 * DAY_MS);
  look(0);
  signIn(null);
  expect(look(LOOK_MS)).toEqual([]);
});
