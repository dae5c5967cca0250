import fc from 'fast-check';
import type { FailureKind, StreamFact } from '../../src/kernel/facts.ts';
import { failureOf } from './api.ts';
import { TALKERS, VICTIMS } from './cast.ts';
import type { HistoryMove } from './moves.ts';

/** Random histories: each move is a plain value, so that a failure shrinks to the moves that matter. */

const KINDS: readonly FailureKind[] = [
  'auth',
  'credential',
  'auth-transient',
  'throttled',
  'capped',
  'overloaded',
  'server',
  'network',
  'billing',
  'account',
  'config',
  'model',
  'transcript-poisoned',
  'message',
  'unknown',
];

const which = fc.nat(11);
const victim = fc.constantFrom(...VICTIMS);
const talker = fc.constantFrom(...VICTIMS.filter((name) => TALKERS.includes(name)));
const credential = fc.constantFrom('max', 'max', 'key');
const delay = fc.constantFrom(1, 30, 500, 4_000, 21_000, 70_000, 400_000, 2_000_000, 4_000_000);

const kind = fc.oneof(
  { weight: 5, arbitrary: fc.constant('auth' as const) },
  { weight: 3, arbitrary: fc.constant('fine' as const) },
  { weight: 7, arbitrary: fc.constantFrom(...KINDS) },
);

type Weighted = fc.WeightedArbitrary<HistoryMove>;
const move = (weight: number, arbitrary: fc.Arbitrary<HistoryMove>): Weighted => ({ weight, arbitrary });
const is = <T extends string>(word: T): fc.Arbitrary<T> => fc.constant(word);

/** What the host, the daemon and the agents do of themselves. */
const daily: readonly Weighted[] = [
  move(14, fc.record({ do: is('flow'), rounds: fc.integer({ min: 1, max: 12 }) })),
  move(8, fc.record({ do: is('live'), rounds: fc.integer({ min: 1, max: 6 }) })),
  move(8, fc.record({ do: is('obey'), which, fails: fc.boolean(), cuts: fc.constantFrom(false, false, false, true) })),
  move(8, fc.record({ do: is('progress'), which, tools: fc.boolean(), partial: fc.boolean() })),
  move(6, fc.record({ do: is('read'), which, lines: fc.integer({ min: 1, max: 4 }) })),
  move(1, fc.record({ do: is('own-turn'), which })),
  move(9, fc.record({ do: is('send'), agent: fc.constantFrom(...TALKERS) })),
  move(6, fc.record({ do: is('pass'), ms: delay })),
  move(10, fc.record({ do: is('tick') })),
  move(1, fc.record({ do: is('roll'), value: fc.constantFrom(0, 0.25, 0.5, 0.75, 0.999) })),
  move(3, fc.record({ do: is('daemon'), cutsWrite: fc.boolean() })),
];

/** What goes wrong with one agent. */
const faults: readonly Weighted[] = [
  move(
    3,
    fc.record({
      do: is('die'),
      which,
      code: fc.constantFrom(0, 1, 137, 139, null),
      hint: fc.constantFrom(null, null, null, 'oom' as const, 'input-broken' as const),
    }),
  ),
  move(7, fc.record({ do: is('api'), which, kind, stays: fc.boolean() })),
  move(1, fc.record({ do: is('crash-loop'), agent: victim, times: fc.integer({ min: 2, max: 7 }) })),
  move(2, fc.record({ do: is('hang'), agent: talker, rounds: fc.integer({ min: 0, max: 12 }) })),
  move(1, fc.record({ do: is('mute-start'), agent: talker, rounds: fc.integer({ min: 0, max: 5 }) })),
  move(
    4,
    fc.record({
      do: is('trouble'),
      agent: talker,
      kind: fc.constantFrom(...KINDS),
      rounds: fc.integer({ min: 0, max: 3 }),
    }),
  ),
  move(1, fc.record({ do: is('bad-start'), agent: victim })),
  move(1, fc.record({ do: is('leave-behind'), which })),
  move(1, fc.record({ do: is('swell'), agent: fc.constant('cyd'), rounds: fc.integer({ min: 0, max: 5 }) })),
];

const operators: readonly Weighted[] = [
  move(
    5,
    fc.record({
      do: is('operator'),
      verb: fc.constantFrom(
        'up',
        'down',
        'restart',
        'restart-now',
        'restart-after-turn',
        'delete',
        'declare',
        'change',
        'pause',
        'resume',
        'resume',
        'reset',
        'notify',
      ),
      agent: victim,
    }),
  ),
  move(1, fc.record({ do: is('wake'), agent: talker })),
  move(1, fc.record({ do: is('rotate'), credential })),
  move(1, fc.record({ do: is('deadline'), credential, inDays: fc.constantFrom(null, -1, 3, 15) })),
];

/** An operator replaces a secret, and the host works on its files. */
const rotations: readonly Weighted[] = [
  move(
    5,
    fc.record({
      do: is('rotation'),
      credential,
      to: fc.constantFrom('good' as const, 'good' as const, 'dead' as const, 'used' as const),
      rounds: fc.constantFrom(0, 1, 3, 10, 30, 60),
    }),
  ),
  move(1, fc.record({ do: is('undo'), credential })),
  move(1, fc.record({ do: is('sign-in'), credential })),
  move(3, fc.record({ do: is('files'), fails: fc.boolean(), cuts: fc.constantFrom(false, false, true) })),
  move(
    1,
    fc.record({
      do: is('daemon'),
      cutsWrite: fc.constant(false),
      worksOn: fc.constantFrom('half' as const, 'whole' as const),
    }),
  ),
];

/** What goes wrong for all who share something. */
const weather: readonly Weighted[] = [
  move(3, fc.record({ do: is('window'), credential, opens: fc.boolean() })),
  move(1, fc.record({ do: is('upstream'), opens: fc.boolean() })),
  move(1, fc.record({ do: is('kill-secret'), credential })),
  move(
    1,
    fc.record({
      do: is('limit'),
      credential,
      tier: fc.constantFrom('opus', 'haiku'),
      kind: fc.constantFrom(null, 'throttled' as const, 'capped' as const, 'overloaded' as const),
    }),
  ),
];

const rare: readonly Weighted[] = [
  move(1, fc.record({ do: is('wall'), ms: fc.constantFrom(-18_000_000, 7_200_000) })),
  move(1, fc.record({ do: is('reboot'), tookMs: fc.constantFrom(1_000, 60_000, 3_600_000) })),
];

const failed = (failure: FailureKind): StreamFact => ({
  fact: 'turn-ended',
  local: false,
  outcome: 'failed',
  failure: failureOf(failure, 0),
  sessionId: null,
  totalCostUsd: 1,
});

const anyFact: fc.Arbitrary<StreamFact> = fc.oneof(
  fc.record({
    fact: is('initialized'),
    tokenSource: fc.constantFrom(null, 'CLAUDE_CODE_OAUTH_TOKEN', 'ANTHROPIC_API_KEY'),
  }),
  fc.record({
    fact: is('turn-started'),
    sessionId: fc.constantFrom(null, 'another'),
    model: fc.constantFrom(null, 'claude-opus-4-5'),
    claudeVersion: fc.constant(null),
    apiKeySource: fc.constantFrom(null, 'none', 'ANTHROPIC_API_KEY'),
  }),
  fc.record({ fact: is('accepted'), uuid: fc.constant('unknown') }),
  fc.record({
    fact: is('retrying'),
    status: fc.constantFrom(null, 401, 429, 529),
    error: fc.constant(null),
    attempt: fc.nat(10),
    delayMs: fc.constant(null),
  }),
  fc.record({
    fact: is('answered'),
    messageId: fc.constantFrom(null, 'msg_lie'),
    model: fc.constantFrom('claude-opus-4-5', 'claude-haiku-4-5'),
    uuid: fc.constantFrom(null, 'u'),
    requestId: fc.constant(null),
    usedTools: fc.boolean(),
    sidechain: fc.boolean(),
  }),
  fc.constantFrom(...KINDS).map((of): StreamFact => ({ fact: 'refused', failure: failureOf(of, 0) })),
  fc.record({ fact: is('limited'), resetsAt: fc.constantFrom(null, 1), limit: fc.constant(null) }),
  fc.constantFrom(...KINDS).map(failed),
  fc.constantFrom('good' as const, 'aborted' as const).map((outcome): StreamFact => ({
    fact: 'turn-ended',
    local: false,
    outcome,
    failure: null,
    sessionId: null,
    totalCostUsd: 2,
  })),
  fc.constant({ fact: 'other' as const, what: 'a line that nobody knows' }),
);

const held = fc.constantFrom('from' as const, 'to' as const, 'other' as const, null);

/** What no honest world does: reports twice, of old runs, facts that nobody said. */
const dishonest: readonly Weighted[] = [
  move(6, fc.record({ do: is('repeat'), which: fc.nat(40) })),
  move(
    2,
    fc.record({
      do: is('lie-of-files'),
      credential,
      isOther: fc.constantFrom(false, false, true),
      holds: fc.record({ next: held, current: held, previous: held, problem: fc.boolean() }),
    }),
  ),
  move(8, fc.record({ do: is('lie'), agent: talker, fact: anyFact, old: fc.boolean() })),
];

const history = (moves: readonly Weighted[]): fc.Arbitrary<HistoryMove[]> =>
  fc.array(fc.oneof(...moves), { minLength: 10, maxLength: 120, size: 'max' });

/** Everything that an honest world may do. */
export const honestHistory = history([...daily, ...faults, ...operators, ...rotations, ...weather, ...rare]);
/** Nothing happens that eve could be concerned by. */
export const calmHistory = history([...daily, ...faults, ...operators]);
export const chaoticHistory = history([
  ...daily,
  ...faults,
  ...operators,
  ...rotations,
  ...weather,
  ...rare,
  ...dishonest,
]);
/** Above all rotations, in an honest world. */
export const rotationHistory = history([
  ...daily,
  ...faults,
  ...operators,
  ...rotations,
  ...rotations,
  ...rotations,
  ...weather,
  ...rare,
]);
