import type { Event, ExitHint } from '../../src/kernel/events.ts';
import type { FailureKind, StreamFact } from '../../src/kernel/facts.ts';
import { runOf } from '../../src/kernel/fleet.ts';
import { wall } from '../../src/kernel/moment.ts';
import { ADA } from './fleet-of.ts';
import type { Weather } from './api.ts';
import { CAST, MEMORY_MAX } from './cast.ts';
import type { Model } from './model.ts';
import { operatorEvent, type Verb } from './verbs.ts';
import type { NewSecret } from './secret-host.ts';
import type { Process } from './process-model.ts';

/** What somebody claims of the three files. */
export type FileLie = {
  readonly next: Claim;
  readonly current: Claim;
  readonly previous: Claim;
  readonly problem: boolean;
};
type Claim = 'from' | 'to' | 'other' | null;

const DAY_MS = 86_400_000;

/** What can happen in a history, as a plain value. */
export type HistoryMove =
  | { readonly do: 'obey'; readonly which: number; readonly fails: boolean; readonly cuts: boolean }
  | { readonly do: 'progress'; readonly which: number; readonly tools: boolean; readonly partial: boolean }
  | { readonly do: 'read'; readonly which: number; readonly lines: number }
  | { readonly do: 'flow'; readonly rounds: number }
  /** The next deadlines come, and everybody does what follows from them. */
  | { readonly do: 'live'; readonly rounds: number }
  | { readonly do: 'own-turn'; readonly which: number }
  | { readonly do: 'die'; readonly which: number; readonly code: number | null; readonly hint: ExitHint | null }
  | { readonly do: 'api'; readonly which: number; readonly kind: Weather; readonly stays: boolean }
  | { readonly do: 'crash-loop'; readonly agent: string; readonly times: number }
  | { readonly do: 'hang'; readonly agent: string; readonly rounds: number }
  | { readonly do: 'mute-start'; readonly agent: string; readonly rounds: number }
  /** The next turn of an agent fails that way. */
  | { readonly do: 'trouble'; readonly agent: string; readonly kind: FailureKind; readonly rounds: number }
  | { readonly do: 'bad-start'; readonly agent: string }
  | { readonly do: 'swell'; readonly agent: string; readonly rounds: number }
  | { readonly do: 'leave-behind'; readonly which: number }
  | { readonly do: 'send'; readonly agent: string }
  | { readonly do: 'operator'; readonly verb: Verb; readonly agent: string }
  | { readonly do: 'wake'; readonly agent: string }
  /** Somebody writes another secret into the file of a credential. */
  | { readonly do: 'rotate'; readonly credential: string }
  | { readonly do: 'deadline'; readonly credential: string; readonly inDays: number | null }
  | { readonly do: 'rotation'; readonly credential: string; readonly to: NewSecret; readonly rounds: number }
  | { readonly do: 'undo'; readonly credential: string }
  /** Somebody signs in anew: of a stored login nothing but that can be seen. */
  | { readonly do: 'sign-in'; readonly credential: string }
  /** The host is at work on the files. */
  | { readonly do: 'files'; readonly fails: boolean; readonly cuts: boolean }
  | { readonly do: 'window'; readonly credential: string; readonly opens: boolean }
  | { readonly do: 'upstream'; readonly opens: boolean }
  | { readonly do: 'kill-secret'; readonly credential: string }
  | { readonly do: 'limit'; readonly credential: string; readonly tier: string; readonly kind: FailureKind | null }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'tick' }
  | { readonly do: 'roll'; readonly value: number }
  | { readonly do: 'wall'; readonly ms: number }
  | { readonly do: 'daemon'; readonly cutsWrite: boolean; readonly worksOn?: 'half' | 'whole' }
  | { readonly do: 'reboot'; readonly tookMs: number }
  | { readonly do: 'repeat'; readonly which: number }
  | { readonly do: 'lie-of-files'; readonly credential: string; readonly isOther: boolean; readonly holds: FileLie }
  | { readonly do: 'lie'; readonly agent: string; readonly fact: StreamFact; readonly old: boolean };

type MoveOf<Do extends HistoryMove['do']> = Extract<HistoryMove, { do: Do }>;

export function play(model: Model, moves: readonly HistoryMove[]): void {
  model.submit({ type: 'notify-declared', file: ADA.file ?? '', channels: [{ command: ['page-me'] }] });
  for (const { name } of CAST) model.submit({ type: 'desired', agent: name, desired: 'up' });
  flow(model, 8);
  for (const move of moves) make(model, move);
}

/** Everybody does what is next: the host obeys, the processes work, the daemon reads. */
export function flow(model: Model, rounds: number): void {
  for (let round = 0; round < rounds; round += 1) {
    model.pass(40);
    for (let count = model.pending.length; count > 0; count -= 1) model.obey(0, { fails: false });
    for (const process of model.processes) process.progress({ tools: false, partial: false });
    for (const process of model.processes) model.read(process, Infinity);
    model.secrets.look();
  }
}

export function live(model: Model, rounds: number): void {
  for (let round = 0; round < rounds; round += 1) {
    model.tickWhenDue();
    flow(model, 6);
  }
}

/** Everything obliges, and the clock goes on until nothing more is to be done. */
export function settle(model: Model): void {
  for (let round = 0; round < 200; round += 1) {
    flow(model, 4);
    const isQuiet =
      model.pending.length === 0 &&
      Object.values(model.fleet.ledger).every(({ roll }) => roll === null) &&
      Object.values(model.fleet.agents).every(({ queue, state }) => queue.length === 0 && state.at === 'running');
    if (isQuiet) break;
    model.tickWhenDue();
  }
  flow(model, 4);
}

type Make = { readonly [Do in HistoryMove['do']]: (model: Model, move: MoveOf<Do>) => void };

const MAKE: Make = {
  flow: (model, { rounds }) => flow(model, rounds),
  live: (model, { rounds }) => live(model, rounds),
  obey: (model, { which, fails, cuts }) => {
    const command = model.pending[which];
    // Nothing ever goes wrong with eve.
    const isSafe =
      command === undefined || (command.type !== 'rotate-files' && (!('agent' in command) || command.agent === 'eve'));
    model.obey(which, { fails: fails && !isSafe, cuts: cuts && !isSafe });
  },
  progress: (model, { which, ...how }) => at(model.living, which)?.progress(how),
  read: (model, { which, lines }) => {
    const unread = model.processes.filter(({ exitTold }) => !exitTold);
    const process = at(unread, which);
    if (process !== undefined) model.read(process, lines);
  },
  'own-turn': (model, { which }) => {
    const process = at(model.living, which);
    if (process !== undefined && process.agent !== 'cmd') process.beginTurn(null);
  },
  die: (model, { which, code, hint }) => at(victims(model), which)?.die(code, hint),
  api: (model, { which, kind, stays }) => {
    const process = at(victims(model), which);
    if (process === undefined) return;
    process.api = kind;
    if (stays) model.weather.set(process.agent, kind);
  },
  'crash-loop': (model, { agent, times }) => {
    for (let count = 0; count < times; count += 1) {
      livingOf(model, agent)?.die(1);
      flow(model, 2);
      live(model, 1);
    }
  },
  hang: (model, { agent, rounds }) => {
    const process = livingOf(model, agent);
    if (process === undefined) return;
    process.hangs = true;
    model.send(agent);
    live(model, rounds);
  },
  'mute-start': (model, { agent, rounds }) => {
    model.mute.add(agent);
    model.submit(operatorEvent('restart', agent));
    live(model, rounds);
  },
  trouble: (model, { agent, kind, rounds }) => {
    const process = livingOf(model, agent);
    if (process === undefined) return;
    process.api = kind;
    model.send(agent);
    flow(model, 6);
    live(model, rounds);
  },
  'bad-start': (model, { agent }) => {
    model.unstartable.add(agent);
    model.submit(operatorEvent('restart-now', agent));
    flow(model, 6);
  },
  swell: (model, { agent, rounds }) => {
    const process = livingOf(model, agent);
    if (process !== undefined) process.rssBytes = 2 * MEMORY_MAX;
    live(model, rounds);
  },
  'leave-behind': (model, { which }) => {
    const process = at(victims(model), which);
    if (process !== undefined) process.leavesBehind = 1;
  },
  send: (model, { agent }) => model.send(agent),
  operator: (model, { verb, agent }) => model.submit(operatorEvent(verb, agent)),
  wake: (model, { agent }) => model.submit({ type: 'wake-time', agent }),
  deadline: (model, { credential, inDays }) => {
    const at = inDays === null ? null : wall(model.moment.wall + inDays * DAY_MS);
    model.submit({ type: 'deadline-seen', credential, at });
  },
  rotate: (model, { credential }) => model.secrets.replace(credential),
  rotation: (model, { credential, to, rounds }) => {
    model.secrets.rotate(credential, to);
    flow(model, rounds);
  },
  undo: (model, { credential }) => model.secrets.undo(credential),
  'sign-in': (model, { credential }) =>
    model.submit({ type: 'credential-changed', credential, fingerprint: null, byPerson: true }),
  files: (model, how) => {
    const index = model.pending.findIndex(({ type }) => type === 'rotate-files');
    if (index >= 0) model.obey(index, how);
  },
  window: ({ api }, { credential, opens }) => {
    if (opens) api.windows.add(credential);
    else api.windows.delete(credential);
  },
  upstream: ({ api }, { opens }) => void (api.isUpstreamDown = opens),
  'kill-secret': ({ api }, { credential }) => api.kill(api.fingerprint(credential)),
  limit: ({ api }, { credential, tier, kind }) => {
    if (kind === null) api.limits.delete(`${credential} ${tier}`);
    else api.limits.set(`${credential} ${tier}`, kind);
  },
  pass: (model, { ms }) => model.pass(ms),
  tick: (model) => void model.tickWhenDue(),
  roll: (model, { value }) => void (model.roll = value),
  wall: (model, { ms }) => model.jumpWall(ms),
  daemon: (model, move) => model.restartDaemon(move),
  reboot: (model, { tookMs }) => model.reboot(tookMs),
  repeat: (model, { which }) => {
    const again = model.journal.filter(({ event }) => 'run' in event || 'rotation' in event).at(-1 - which)?.event;
    if (again === undefined || !isHarmlessTwice(again, model)) return;
    model.isHonest = false;
    model.submit(again);
  },
  lie: (model, { agent: name, fact, old }) => {
    const agent = model.fleet.agents[name];
    if (agent === undefined) return;
    const runs = model.processes.filter((process) => process.agent === name).map(({ run }) => run);
    const run = old ? runs[0] : runOf(agent.state)?.id;
    if (run === undefined) return;
    const offset = (runOf(agent.state)?.cursor ?? 0) + 1;
    model.isHonest = false;
    model.submit({ type: 'heard', agent: name, run, offset, fact, late: false });
  },
  'lie-of-files': (model, { credential, isOther, holds }) => {
    const known = model.fleet.ledger[credential]?.rotation;
    const is = (claim: Claim): string | null =>
      claim === null ? null : claim === 'other' ? 'of nobody' : (known?.[claim] ?? null);
    model.isHonest = false;
    model.submit({
      type: 'rotation-found',
      credential,
      rotation: isOther ? 'r0' : (known?.id ?? 'r0'),
      next: is(holds.next),
      current: is(holds.current),
      previous: is(holds.previous),
      problem: holds.problem ? 'nobody knows' : null,
    });
  },
};

export const make = <Do extends HistoryMove['do']>(model: Model, move: MoveOf<Do>): void => MAKE[move.do](model, move);

const victims = ({ living }: Model): readonly Process[] => living.filter(({ agent }) => agent !== 'eve');
const livingOf = ({ living }: Model, agent: string): Process | undefined =>
  living.find((process) => process.agent === agent);

/** A host may say a thing twice, but not that a process is gone which it has since found alive: that would be a lie. */
function isHarmlessTwice(event: Event, model: Model): boolean {
  if (event.type === 'rotation-found') return true;
  if (!('run' in event) || !('agent' in event)) return false;
  const process = model.processOf(event.run);
  const isEnd = event.type === 'gone' || event.type === 'exited';
  return !isEnd || process?.alive !== true;
}

const at = <T>(list: readonly T[], index: number): T | undefined =>
  list.length === 0 ? undefined : list[index % list.length];
