import { describe, expect, test } from 'vitest';
import type { Fleet } from '../../src/kernel/fleet.ts';
import { recordOf, usersOf } from '../../src/kernel/ledger.ts';
import { wall } from '../../src/kernel/moment.ts';
import type { CredentialVerdict } from '../../src/protocol/auth-rows.ts';
import { credentialStates } from '../../src/protocol/credential-row.ts';
import {
  checkCodeOf,
  credentialVerdict,
  worstOf,
  type CredentialFacts,
} from '../../src/protocol/credential-verdict.ts';
import { START_WALL } from '../kernel/fleet-of.ts';
import {
  answers,
  at,
  endsOnDay,
  expired,
  failure,
  goodTurn,
  play,
  rejectedTurn,
  rotates,
  says,
  send,
  start,
  throttled,
  unauthorized,
  WORKING,
  type Act,
  type Move,
} from '../kernel/scenario.ts';
import { quiet } from '../kernel/story.ts';

const DAY_MS = 86_400_000;
/** What the simulated host gives out. */
const GIVEN = 'ab12cd34';
const ADA = quiet('ada');

const verdictOf = (fleet: Fleet, change: Partial<CredentialFacts> = {}): CredentialVerdict =>
  credentialVerdict(
    fleet,
    { users: usersOf(fleet, 'max'), record: recordOf(fleet, 'max'), inPlace: GIVEN, endsAt: null, ...change },
    START_WALL,
  );

const after = (...moves: readonly Move[]): Fleet => play('5m', moves, ADA).fleet;
const inTurn = (...acts: readonly Act[]): readonly Move[] => [...WORKING, at('10s', send('m2')), at('11s', ...acts)];
const fresh = (kind: Parameters<typeof failure>[0]): Fleet =>
  after(...inTurn(rejectedTurn(failure(kind, null, 'req_1', `it says ${kind}`))));

describe('the verdict on a credential', () => {
  const held = after(...inTurn(rejectedTurn(expired('req_1'))), at('20s', rejectedTurn(expired('req_2'))));
  const rows: readonly (readonly [CredentialVerdict, string, Fleet, Partial<CredentialFacts>])[] = [
    ['works', 'an agent was answered on the secret in place', after(...WORKING), {}],
    ['works', 'nobody knows what is in place, and somebody was answered', after(...WORKING), { inPlace: null }],
    ['works', 'it ends, but not soon', after(...WORKING), { endsAt: START_WALL + 15 * DAY_MS }],
    ['works', 'the API limits the rate: that says nothing of it', fresh('throttled'), {}],
    ['works', 'the model is unknown: that says nothing of it', fresh('model'), {}],
    ['works', 'the message is bad', fresh('message'), {}],
    ['unproven', 'nobody has been asked yet', after(at('0s', start())), {}],
    ['unproven', 'nobody uses it', after(), {}],
    [
      'unproven',
      'another secret stands in its place than that which was answered on',
      after(...WORKING),
      { inPlace: 'new' },
    ],
    ['expiring', 'it ends within 14 days', after(...WORKING), { endsAt: START_WALL + 14 * DAY_MS }],
    ['expiring', 'it has ended by its date', after(...WORKING), { endsAt: START_WALL - 1 }],
    ['expiring', 'it ends soon and nobody was answered', after(), { endsAt: START_WALL }],
    ['capped', 'its usage limit is reached', fresh('capped'), {}],
    ['capped', 'its usage limit is reached and it ends soon', fresh('capped'), { endsAt: START_WALL }],
    [
      'session incident',
      'one process is rejected',
      play('11s', inTurn(rejectedTurn(unauthorized('req_1'))), ADA).fleet,
      {},
    ],
    [
      'window',
      'a new process is rejected, too',
      after(...inTurn(rejectedTurn(unauthorized('req_1'))), at('20s', rejectedTurn(unauthorized('req_2')))),
      {},
    ],
    ['incident', 'the account cannot pay', fresh('billing'), {}],
    ['incident', 'the account is not allowed to', fresh('account'), {}],
    ['incident', 'the configuration is wrong', fresh('config'), {}],
    ['incident', 'its login is being renewed', fresh('auth-transient'), {}],
    [
      'incident',
      'it is called expired by one process that may be wrong',
      play('11s', inTurn(rejectedTurn(expired('req_1'))), ADA).fleet,
      {},
    ],
    ['dead', 'a new process was told, too, that it is expired', held, {}],
    ['dead', 'no fingerprint tells it from others, and its agents are held for it', held, { inPlace: null }],
    ['incident', 'another secret has taken its place, and nobody has tried it yet', held, { inPlace: 'new' }],
  ];
  test.each(rows)('is "%s" when %s', (verdict, _why, fleet, facts) => {
    expect(verdictOf(fleet, facts)).toBe(verdict);
  });

  test('is not spoiled by a late answer on the old secret while agents that have the new one were answered', () => {
    const { fleet } = play('20s', WORKING, ADA);
    const record = { dead: [], lastGood: { agent: 'bob', at: wall(START_WALL), fingerprint: 'old' } };
    expect(verdictOf(fleet, { record })).toBe('works');
  });

  test('is not made by an answer that was given on something else', () => {
    const stray = says({
      fact: 'turn-started',
      sessionId: null,
      model: null,
      claudeVersion: null,
      apiKeySource: 'ANTHROPIC_API_KEY',
    });
    const { fleet } = play('20s', [at('0s', start()), at('5s', stray, answers('msg_1'))], ADA);
    expect(verdictOf({ ...fleet, incidents: {} })).toBe('unproven');
  });
});

test('of several the worst counts, in this order, each with its exit code', () => {
  const order = ['dead', 'window', 'session incident', 'incident', 'capped', 'expiring', 'unproven', 'works'] as const;
  expect(order.map(checkCodeOf)).toEqual([1, 13, 13, 13, 12, 10, 11, 0]);
  for (const [index, verdict] of order.entries()) expect(worstOf(order.slice(index).toReversed())).toBe(verdict);
  expect(worstOf([])).toBe('works');
});

describe('what the state alone says of a credential', () => {
  test('is the secret that was given out last, the end that was last seen, and who was answered', () => {
    const { fleet } = play('20s', [...WORKING, at('10s', endsOnDay(3))], ADA);
    expect(credentialStates(fleet, START_WALL)).toEqual([
      {
        name: 'max',
        type: 'oauth-token',
        source: 'env CLAUDE_CODE_OAUTH_TOKEN',
        fingerprint: GIVEN,
        agents: ['ada'],
        verdict: 'expiring',
        incidents: [],
        lastGood: { agent: 'ada', at: '2026-01-01T00:00:01.100Z', fingerprint: GIVEN },
        endsAt: '2026-01-04T00:00:00.000Z',
        rotation: null,
      },
    ]);
  });

  test('names its open incidents, and a limit that is none of its own', () => {
    const [row] = credentialStates(after(...inTurn(rejectedTurn(throttled('req_1')))), START_WALL);
    expect(row).toMatchObject({ verdict: 'works', incidents: [expect.stringMatching(/^i\d+$/)] });
  });

  test('has a replacement while it is under way and until the last agent has proven it, and then none', () => {
    const rotated = [...WORKING, at('10s', rotates('new'))];
    const rotationAt = (until: string, ...moves: readonly Move[]) =>
      credentialStates(play(until, [...rotated, ...moves], ADA).fleet, START_WALL)[0]?.rotation;
    expect(rotationAt('10.03s')).toMatchObject({ stage: 'trying', over: false, unproven: ['ada'] });
    expect(rotationAt('30s', at('15s', goodTurn('msg_2')))).toBeNull();
  });
});
