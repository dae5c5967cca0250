import type { Command } from '../../src/kernel/commands.ts';
import { nextDeadline } from '../../src/kernel/deadlines.ts';
import type { Event, ExitHint } from '../../src/kernel/events.ts';
import type { StreamFact } from '../../src/kernel/facts.ts';
import { credentialNameOf } from '../../src/kernel/ledger.ts';
import { runOf, type Fleet } from '../../src/kernel/fleet.ts';
import { mono, wall, type Deadline, type Moment } from '../../src/kernel/moment.ts';
import { agentIn, frozenStep, START_WALL } from './fleet-of.ts';
import { OBLIGING, type Habits } from './habits.ts';
import { brokenInvariants } from './invariants.ts';
import { SecretFiles } from './secret-files.ts';
import { changesOf, commandLine, eventLine, lineOf } from './transcript.ts';

/** Agents that answer by themselves; without them they only say what a scenario makes them say. */
export type Cast = {
  /** The host has been told to do something; the agent it concerns acts on it, too. */
  readonly obey: (world: World, command: Command) => void;
  /** Whether a process still reacts to anything but a KILL. */
  readonly hears: (run: string) => boolean;
  /** Whether a process is in a turn that can be interrupted; afterwards it no longer is. */
  readonly interrupt: (run: string) => boolean;
};

/** One step of a history. */
export type Told = {
  readonly event: Event;
  readonly before: Fleet;
  readonly commands: readonly Command[];
  readonly whenIs: (deadline: Deadline) => number;
};

const whole = ({ now, fleet }: World, { event, before, commands, whenIs }: Told): readonly string[] => [
  lineOf(now, 'event', eventLine(event)),
  ...commands.map(commandLine),
  ...changesOf(before, fleet, whenIs),
];

const ABORTED: StreamFact = {
  fact: 'turn-ended',
  local: false,
  outcome: 'aborted',
  failure: null,
  sessionId: null,
  totalCostUsd: null,
};

type Reply = { readonly at: number; readonly order: number; readonly reply: (world: World) => void };

const BOOT_MONO = 5_000;
/** No scenario needs as many; more is an endless loop. */
const STEPS_MAX = 100_000;

/** A host with a virtual clock that only does what a scenario says, and writes down all that happens. */
export class World {
  readonly lines: string[] = [];
  fleet: Fleet;
  habits: Habits = OBLIGING;
  roll = 0.5;
  tokenSource: string | null = 'CLAUDE_CODE_OAUTH_TOKEN';
  cast: Cast | null = null;
  /** What is heard was said while no daemon listened. */
  isLate = false;
  /** Writes down one step: what happened, what was ordered, what has changed by it. */
  style: (world: World, told: Told) => readonly string[] = whole;
  /** All that was ordered, and when. */
  readonly orders: { readonly ms: number; readonly command: Command }[] = [];
  /** What each credential's secret looks like from outside. */
  readonly fingerprints = new Map<string, string>();
  /** Where a rotation works. */
  readonly files = new SecretFiles();
  /** How long the host takes for a step of it, null: it is never done. */
  filesMs: number | null = 20;
  /** What each turn of a scripted agent costs, null: nobody says. */
  turnUsd: number | null = null;
  /** What each run was given. */
  readonly #given = new Map<string, string | null>();
  /** How long an agent has been silent and what it uses, when somebody measures it; null: nobody answers. */
  measured: { readonly silentMs: number; readonly rssBytes: number | null; readonly cpuMs: number | null } | null = {
    silentMs: 0,
    rssBytes: null,
    cpuMs: null,
  };
  #now = 0;
  #order = 0;
  #replies: Reply[] = [];
  #boot = { number: 1, began: 0, mono: 1_000_000 };
  #wallShiftMs = 0;
  /** No daemon is there: nothing ticks until somebody submits again. */
  #isAsleep = false;
  readonly #alive = new Set<string>();
  readonly #offsets = new Map<string, number>();

  constructor(fleet: Fleet) {
    this.fleet = fleet;
  }

  /** Since the beginning of the history, by a clock that nobody sets. */
  get now(): number {
    return this.#now;
  }

  get moment(): Moment {
    return {
      mono: mono(this.#boot.mono + this.#now - this.#boot.began),
      wall: wall(START_WALL + this.#now + this.#wallShiftMs),
      boot: `boot-${this.#boot.number}`,
      roll: this.roll,
    };
  }

  /** Lets time pass: what the host owes and what is due happens on the way. */
  runUntil(until: number): void {
    for (let steps = 0; ; steps += 1) {
      if (steps > STEPS_MAX)
        throw new Error(`the history does not get beyond ${this.#now}\n${this.lines.slice(-40).join('\n')}`);
      const due = this.#isAsleep ? Infinity : this.#nextDue();
      const reply = this.#nextReply();
      const next = Math.min(due, reply?.at ?? Infinity);
      if (next > until) break;
      this.#now = Math.max(this.#now, next);
      if (reply !== undefined && reply.at < due) {
        this.#replies = this.#replies.filter((other) => other !== reply);
        reply.reply(this);
      } else {
        this.submit({ type: 'tick' });
      }
    }
    this.#now = Math.max(this.#now, until);
  }

  submit(event: Event): void {
    this.#isAsleep = false;
    const before = this.fleet;
    const { fleet, commands } = frozenStep(before, event, this.moment);
    this.fleet = fleet;
    const whenIs = (deadline: Deadline): number => this.#whenIs(deadline);
    for (const line of this.style(this, { event, before, commands, whenIs })) this.write(line);
    const broken = brokenInvariants(fleet, this.moment);
    if (broken.length > 0) throw new Error(`${broken.join('\n')}\n${this.lines.join('\n')}`);
    for (const command of commands) {
      this.orders.push({ ms: this.#now, command });
      this.#obey(command);
      this.cast?.obey(this, command);
    }
  }

  write(line: string): void {
    this.lines.push(line);
  }

  runOf(agent: string): string {
    const run = runOf(agentIn(this.fleet, agent).state);
    if (run === null) throw new Error(`${agent} has no run at ${this.#now}\n${this.lines.join('\n')}`);
    return run.id;
  }

  heard(agent: string, fact: StreamFact, run = this.runOf(agent)): void {
    const offset = (this.#offsets.get(run) ?? 0) + 100;
    this.#offsets.set(run, offset);
    this.submit({ type: 'heard', agent, run, offset, fact, late: this.isLate });
  }

  exited(
    agent: string,
    end: { code: number | null; at?: number | null; hint?: ExitHint | null; detail?: string },
  ): void {
    const run = this.runOf(agent);
    this.#alive.delete(run);
    const { code, at = null, hint = null, detail = '' } = end;
    this.submit({ type: 'exited', agent, run, code, at, hint, detail });
  }

  /** The daemon dies: what it had not yet reported is never reported, what it was told is forgotten. */
  forget(): void {
    this.#isAsleep = true;
    this.#replies = [];
  }

  /** What a process will do after a while, if it still lives then. */
  later(delayMs: number, run: string, act: () => void): void {
    this.#later(delayMs, () => {
      if (this.#alive.has(run)) act();
    });
  }

  /** The machine sleeps: the wall clock goes on, everything else stands still. */
  suspend(ms: number): void {
    this.#now += ms;
    this.#boot = { ...this.#boot, began: this.#boot.began + ms };
    this.#replies = this.#replies.map((reply) => ({ ...reply, at: reply.at + ms }));
  }

  jumpWall(ms: number): void {
    this.#wallShiftMs += ms;
  }

  /** A reboot ends every process; the monotonic clock begins anew. */
  reboot(tookMs: number): void {
    this.forget();
    this.#alive.clear();
    this.#now += tookMs;
    this.#boot = { number: this.#boot.number + 1, began: this.#now, mono: BOOT_MONO };
  }

  #whenIs(deadline: { clock: 'mono' | 'wall'; at: number }): number {
    const moment = this.moment;
    return this.#now + deadline.at - moment[deadline.clock];
  }

  #nextDue(): number {
    const next = nextDeadline(this.fleet);
    return Math.min(
      next.mono === null ? Infinity : this.#whenIs({ clock: 'mono', at: next.mono }),
      next.wall === null ? Infinity : this.#whenIs({ clock: 'wall', at: next.wall }),
    );
  }

  #nextReply(): Reply | undefined {
    return this.#replies.toSorted((one, other) => one.at - other.at || one.order - other.order)[0];
  }

  #later(delayMs: number | null, reply: () => void): void {
    if (delayMs === null) return;
    this.#order += 1;
    this.#replies.push({ at: this.#now + delayMs, order: this.#order, reply });
  }

  #obey(command: Command): void {
    if (command.type === 'rotate-files') {
      this.#later(this.filesMs, () => this.#rotate(command));
      return;
    }
    if (!('run' in command) || command.run === null) return;
    const { agent, run } = command;
    const whileAlive = (act: () => void) => (): void => {
      if (this.#alive.has(run)) act();
    };
    switch (command.type) {
      case 'spawn':
        this.#given.set(run, command.staged ? this.#stagedFor(agent) : this.fingerprintOf(agent));
        this.#later(this.habits.spawned, () => {
          this.#alive.add(run);
          this.submit({
            type: 'spawned',
            agent,
            run,
            shimPid: 4_000 + Number(run),
            shimStart: '77',
            fingerprint: this.givenTo(run),
          });
        });
        return;
      case 'initialize':
        this.#later(
          this.habits.initialized,
          whileAlive(() => this.heard(agent, { fact: 'initialized', tokenSource: this.tokenSource }, run)),
        );
        return;
      case 'deliver':
        this.#later(
          this.habits.echoed,
          whileAlive(() => {
            if (this.cast?.hears(run) !== false) this.heard(agent, { fact: 'accepted', uuid: command.uuid }, run);
          }),
        );
        return;
      case 'interrupt':
        this.#later(
          this.habits.interrupted,
          whileAlive(() => {
            if (this.cast?.interrupt(run) !== false) this.heard(agent, ABORTED, run);
          }),
        );
        return;
      case 'signal':
        this.#later(
          command.signal === 'TERM' ? this.habits.termed : this.habits.killed,
          whileAlive(() => {
            if (command.signal === 'KILL') this.exited(agent, { code: 137 });
            else if (this.cast?.hears(run) !== false) this.exited(agent, { code: 143 });
          }),
        );
        return;
      case 'sweep':
        this.#later(this.habits.swept, () => {
          this.#alive.delete(run);
          this.submit({ type: 'gone', agent, run, leftovers: 0 });
        });
        return;
      case 'measure': {
        const { measured } = this;
        if (measured === null) return;
        this.#later(
          10,
          whileAlive(() => this.submit({ type: 'measured', agent, run, ...measured })),
        );
        return;
      }
      case 'record':
      case 'retire-run':
      case 'cut-log':
      case 'trim-logs':
      case 'hold':
        return;
    }
  }

  #rotate(command: Extract<Command, { type: 'rotate-files' }>): void {
    const rotation = this.fleet.ledger[command.credential]?.rotation ?? null;
    const found = this.files.obey(this.fleet, command);
    if (rotation !== null && found.current !== null) this.fingerprints.set(command.credential, found.current);
    this.submit(found);
  }

  /** As long as it is staged, else what stands in its place by then. */
  #stagedFor(agent: string): string | null {
    const [credential = ''] = agentIn(this.fleet, agent).spec.credentials;
    return this.files.of(credential, null).next ?? this.fingerprintOf(agent);
  }

  givenTo(run: string): string | null {
    return this.#given.get(run) ?? null;
  }

  fingerprintOf(agent: string): string | null {
    const credential = credentialNameOf(agentIn(this.fleet, agent));
    if (credential === null) return null;
    return this.fingerprints.get(credential) ?? (credential === 'max' ? 'ab12cd34' : `of ${credential}`);
  }
}
