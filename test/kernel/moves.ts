import fc from 'fast-check';
import type { Event, OperatorEvent } from '../../src/kernel/events.ts';
import type { FailureKind, StreamFact } from '../../src/kernel/facts.ts';
import { runOf } from '../../src/kernel/fleet.ts';
import { ADA, declared } from './fleet-of.ts';
import { CAST, failureOf, type Model } from './model.ts';

/** Random histories: each move is a plain value, so that a failure shrinks to the moves that matter. */
export type HistoryMove =
  | { readonly do: 'obey'; readonly which: number; readonly fails: boolean }
  | { readonly do: 'progress'; readonly which: number; readonly tools: boolean; readonly partial: boolean }
  | { readonly do: 'read'; readonly which: number; readonly lines: number }
  | { readonly do: 'flow'; readonly rounds: number }
  | { readonly do: 'own-turn'; readonly which: number }
  | { readonly do: 'die'; readonly which: number; readonly code: number }
  | { readonly do: 'api'; readonly which: number; readonly kind: FailureKind | 'fine'; readonly stays: boolean }
  | { readonly do: 'crash-loop'; readonly agent: string; readonly times: number }
  | { readonly do: 'send'; readonly agent: string }
  | {
      readonly do: 'operator';
      readonly verb: 'up' | 'down' | 'restart' | 'restart-now' | 'delete' | 'declare' | 'change';
      readonly agent: string;
    }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'tick' }
  | { readonly do: 'roll'; readonly value: number }
  | { readonly do: 'wall'; readonly ms: number }
  | { readonly do: 'daemon'; readonly cutsWrite: boolean }
  | { readonly do: 'reboot'; readonly tookMs: number }
  | { readonly do: 'repeat'; readonly which: number }
  | { readonly do: 'lie'; readonly agent: string; readonly fact: StreamFact; readonly old: boolean };

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

const which = fc.nat(7);
const victim = fc.constantFrom('ada', 'bob', 'cmd');
const delay = fc.constantFrom(1, 30, 500, 4_000, 21_000, 70_000, 400_000, 2_000_000, 4_000_000);

const kind = fc.oneof(
  { weight: 5, arbitrary: fc.constant('auth' as const) },
  { weight: 3, arbitrary: fc.constant('fine' as const) },
  { weight: 5, arbitrary: fc.constantFrom(...KINDS) },
);

/** What an honest world does. */
const honest: readonly fc.WeightedArbitrary<HistoryMove>[] = [
  { weight: 14, arbitrary: fc.record({ do: fc.constant('flow'), rounds: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('obey'), which, fails: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('progress'), which, tools: fc.boolean(), partial: fc.boolean() }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('read'), which, lines: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('own-turn'), which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('die'), which, code: fc.constantFrom(0, 1, 137, 139) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('api'), which, kind, stays: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('crash-loop'), agent: victim, times: fc.integer({ min: 2, max: 7 }) }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('send'), agent: fc.constantFrom('ada', 'bob', 'eve') }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('operator'),
      verb: fc.constantFrom('up', 'down', 'restart', 'restart-now', 'delete', 'declare', 'change'),
      agent: victim,
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('pass'), ms: delay }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('tick') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('roll'), value: fc.constantFrom(0, 0.25, 0.5, 0.75, 0.999) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('daemon'), cutsWrite: fc.boolean() }) },
];

const rare: readonly fc.WeightedArbitrary<HistoryMove>[] = [
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wall'), ms: fc.constantFrom(-18_000_000, 7_200_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reboot'), tookMs: fc.constantFrom(1_000, 60_000, 3_600_000) }) },
];

const anyFact: fc.Arbitrary<StreamFact> = fc.oneof(
  fc.record({
    fact: fc.constant('initialized'),
    tokenSource: fc.constantFrom(null, 'CLAUDE_CODE_OAUTH_TOKEN', 'ANTHROPIC_API_KEY'),
  }),
  fc.record({
    fact: fc.constant('turn-started'),
    sessionId: fc.constantFrom(null, 'another'),
    model: fc.constant('claude-opus-4-5'),
    claudeVersion: fc.constant(null),
    apiKeySource: fc.constant(null),
  }),
  fc.record({ fact: fc.constant('accepted'), uuid: fc.constant('unknown') }),
  fc.record({
    fact: fc.constant('retrying'),
    status: fc.constantFrom(null, 401, 429, 529),
    error: fc.constant(null),
    attempt: fc.nat(10),
    delayMs: fc.constant(null),
  }),
  fc.record({
    fact: fc.constant('answered'),
    messageId: fc.constant('msg_lie'),
    model: fc.constantFrom('claude-opus-4-5', 'claude-haiku-4-5'),
    uuid: fc.constantFrom(null, 'u'),
    requestId: fc.constant(null),
    usedTools: fc.boolean(),
    sidechain: fc.boolean(),
  }),
  fc.constantFrom(...KINDS).map((of): StreamFact => ({ fact: 'refused', failure: failureOf(of, 0) })),
  fc.record({ fact: fc.constant('limited'), resetsAt: fc.constantFrom(null, 1), limit: fc.constant(null) }),
  fc.constantFrom(...KINDS).map((of): StreamFact => ({
    fact: 'turn-ended',
    local: false,
    outcome: 'failed',
    failure: failureOf(of, 0),
    sessionId: null,
    totalCostUsd: 1,
  })),
  fc.constantFrom('good' as const, 'aborted' as const).map((outcome): StreamFact => ({
    fact: 'turn-ended',
    local: false,
    outcome,
    failure: null,
    sessionId: null,
    totalCostUsd: 2,
  })),
);

/** What no honest world does: reports twice, of old runs, facts that nobody said. */
const dishonest: readonly fc.WeightedArbitrary<HistoryMove>[] = [
  { weight: 6, arbitrary: fc.record({ do: fc.constant('repeat'), which: fc.nat(40) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('lie'),
      agent: fc.constantFrom('ada', 'bob'),
      fact: anyFact,
      old: fc.boolean(),
    }),
  },
];

const history = (moves: readonly fc.WeightedArbitrary<HistoryMove>[]): fc.Arbitrary<HistoryMove[]> =>
  fc.array(fc.oneof(...moves), { minLength: 10, maxLength: 120, size: 'max' });

export const honestHistory = history([...honest, ...rare]);
export const calmHistory = history(honest);
export const chaoticHistory = history([...honest, ...rare, ...dishonest]);

export function play(model: Model, moves: readonly HistoryMove[]): void {
  for (const name of ['ada', 'bob', 'eve', 'cmd']) model.submit({ type: 'desired', agent: name, desired: 'up' });
  flow(model, 8);
  for (const move of moves) make(model, move);
}

/** Everybody does what is next: the host obeys, the processes work, the daemon reads. */
export function flow(model: Model, rounds: number): void {
  for (let round = 0; round < rounds; round += 1) {
    model.pass(40);
    for (let count = model.pending.length; count > 0; count -= 1) model.obey(0, { fails: false });
    for (const process of model.processes) model.progress(process, { tools: false, partial: false });
    for (const process of model.processes) model.read(process, Infinity);
  }
}

function make(model: Model, move: HistoryMove): void {
  const living = model.processes.filter(({ alive }) => alive);
  const victims = living.filter(({ agent }) => agent !== 'eve');
  switch (move.do) {
    case 'flow':
      flow(model, move.rounds);
      return;
    case 'obey': {
      const command = model.pending[move.which];
      if (command === undefined) return;
      // Nothing ever goes wrong with eve.
      model.obey(move.which, { fails: move.fails && 'agent' in command && command.agent !== 'eve' });
      return;
    }
    case 'progress': {
      const process = at(living, move.which);
      if (process !== undefined) model.progress(process, move);
      return;
    }
    case 'read': {
      const process = at(
        model.processes.filter(({ exitTold }) => !exitTold),
        move.which,
      );
      if (process !== undefined) model.read(process, move.lines);
      return;
    }
    case 'own-turn': {
      const process = at(living, move.which);
      if (process !== undefined && model.fleet.agents[process.agent]?.spec.mode === 'stream')
        model.beginTurn(process, null);
      return;
    }
    case 'die': {
      const process = at(victims, move.which);
      if (process !== undefined) model.die(process, move.code);
      return;
    }
    case 'api': {
      const process = at(victims, move.which);
      if (process === undefined) return;
      process.api = move.kind;
      if (move.stays) model.weather.set(process.agent, move.kind);
      return;
    }
    case 'crash-loop':
      crashAgain(model, move.agent, move.times);
      return;
    case 'send':
      model.send(move.agent);
      return;
    case 'operator':
      model.submit(operatorEvent(move.verb, move.agent));
      return;
    case 'pass':
      model.pass(move.ms);
      return;
    case 'tick':
      model.tickWhenDue();
      return;
    case 'roll':
      model.roll = move.value;
      return;
    case 'wall':
      model.jumpWall(move.ms);
      return;
    case 'daemon':
      model.restartDaemon(move);
      return;
    case 'reboot':
      model.reboot(move.tookMs);
      return;
    case 'repeat': {
      const again = model.journal.filter(({ event }) => 'run' in event).at(-1 - move.which)?.event;
      if (again === undefined || !isHarmlessTwice(again, model)) return;
      model.isHonest = false;
      model.submit(again);
      return;
    }
    case 'lie':
      lie(model, move);
  }
}

/** Each of its processes ends soon after it is up. */
function crashAgain(model: Model, agent: string, times: number): void {
  for (let count = 0; count < times; count += 1) {
    const process = model.processes.find((candidate) => candidate.agent === agent && candidate.alive);
    if (process !== undefined) model.die(process, 1);
    flow(model, 2);
    model.tickWhenDue();
    flow(model, 4);
  }
}

/** A host may say a thing twice, but not that a process is gone which it has since found alive: that would be a lie. */
function isHarmlessTwice(event: Event, model: Model): boolean {
  if (!('run' in event) || !('agent' in event)) return false;
  const process = model.processOf(event.run);
  const isEnd = event.type === 'gone' || event.type === 'exited';
  return !isEnd || process?.alive !== true;
}

function lie(model: Model, move: Extract<HistoryMove, { do: 'lie' }>): void {
  const agent = model.fleet.agents[move.agent];
  if (agent === undefined) return;
  const runs = model.processes.filter((process) => process.agent === move.agent).map(({ run }) => run);
  const run = move.old ? runs[0] : runOf(agent.state)?.id;
  if (run === undefined) return;
  const offset = (runOf(agent.state)?.cursor ?? 0) + 1;
  model.isHonest = false;
  model.submit({ type: 'heard', agent: move.agent, run, offset, fact: move.fact, late: false });
}

function operatorEvent(verb: Extract<HistoryMove, { do: 'operator' }>['verb'], agent: string): OperatorEvent {
  const spec = CAST.find(({ name }) => name === agent) ?? ADA;
  switch (verb) {
    case 'up':
    case 'down':
      return { type: 'desired', agent, desired: verb };
    case 'restart':
    case 'restart-now':
      return { type: 'restart-asked', agent, how: verb === 'restart-now' ? 'now' : 'interrupt', reason: null };
    case 'delete':
      return { type: 'deleted', agent };
    case 'declare':
      return declared(spec);
    case 'change':
      return declared({ ...spec, claude: { ...spec.claude, model: 'sonnet' } });
  }
}

const at = <T>(list: readonly T[], index: number): T | undefined =>
  list.length === 0 ? undefined : list[index % list.length];
