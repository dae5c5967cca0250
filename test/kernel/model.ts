import type { Command } from '../../src/kernel/commands.ts';
import { CONTINUE_TEXT } from '../../src/kernel/delivery.ts';
import type { Event, ExitHint } from '../../src/kernel/events.ts';
import type { Failure, FailureKind, StreamFact } from '../../src/kernel/facts.ts';
import { emptyFleet, runOf, type Fleet } from '../../src/kernel/fleet.ts';
import { nextDeadline } from '../../src/kernel/deadlines.ts';
import { mono, wall, type Moment } from '../../src/kernel/moment.ts';
import type { SessionPlan } from '../../src/kernel/session-plan.ts';
import type { AgentSpec } from '../../src/kernel/spec.ts';
import { ADA, declared, frozenStep, MAX, START_WALL, uuidOf } from './fleet-of.ts';

/**
 * A model of the outside world: a host that obeys in any order and at any time, processes that answer, are rejected, fall
 * silent and die, conversations on a disk, daemons that die between any two events. It never lies about processes; lies
 * are told on top of it by `chaos`.
 */
export type Frame = { readonly uuid: string; readonly message: string; readonly text: string | null };

/** What stands in a conversation on the disk. */
export type Entry =
  | { readonly is: 'question'; readonly uuid: string; readonly message: string | null }
  /** A delivery that brought no question: go on, or answer what stands. */
  | { readonly is: 'nudge'; readonly uuid: string }
  | { readonly is: 'answer'; readonly uuid: string; readonly message: string | null }
  | { readonly is: 'interruption'; readonly uuid: null };

export type Process = {
  readonly agent: string;
  readonly run: string;
  /** Its conversation, oldest first. */
  transcript: Entry[];
  sessionId: string;
  alive: boolean;
  /** Output on the disk, and how much of it some daemon has reported. */
  readonly log: { readonly offset: number; readonly fact: StreamFact }[];
  read: number;
  exit: { readonly code: number | null; readonly hint: ExitHint | null } | null;
  exitTold: boolean;
  initAsked: boolean;
  inputs: Frame[];
  /** The turn it works on; `frame` is null for one of its own. */
  turn: { readonly frame: Frame | null; answered: boolean } | null;
  /** Turns that it began by itself. */
  ownTurns: number;
  /** A frame was cut in its stdin: the next one would end it. */
  isCut: boolean;
  api: FailureKind | 'fine';
};

export type Journaled = { readonly event: Event; readonly moment: Moment };
export type Seen = {
  readonly before: Fleet;
  readonly after: Fleet;
  readonly event: Event;
  readonly moment: Moment;
  readonly commands: readonly Command[];
};

type SpawnedBy = Extract<Command, { type: 'spawn' }>;

export class Model {
  fleet: Fleet = emptyFleet;
  readonly journal: Journaled[] = [];
  readonly processes: Process[] = [];
  /** What the host was told and has not done. */
  pending: Command[] = [];
  readonly sessions = new Map<string, readonly Entry[]>();
  /** Messages that a process has answered well, each time it did. */
  readonly answeredBy: Record<string, number> = {};
  /** How often its question stood in the conversation when it was answered. */
  readonly askedFor: Record<string, number> = {};
  readonly sent: { readonly agent: string; readonly id: string }[] = [];
  now = 0;
  /** Lies have been told: what they lead to is not the kernel's fault. */
  isHonest = true;
  roll = 0.5;
  boot = 1;
  #monoBase = 1_000_000;
  #wallShiftMs = 0;
  /** What awaits the next processes of an agent. */
  readonly weather = new Map<string, Process['api']>();
  readonly #watch: (seen: Seen, model: Model) => void;
  readonly #swept = new Set<string>();
  /** How many turns of its own the kernel could know of when it ordered a delivery. */
  readonly #wasKnown = new Map<string, number>();

  constructor(specs: readonly AgentSpec[], watch: (seen: Seen, model: Model) => void) {
    this.#watch = watch;
    this.submit({ type: 'credential-declared', spec: MAX });
    for (const spec of specs) this.submit(declared(spec));
  }

  get moment(): Moment {
    return {
      mono: mono(this.#monoBase + this.now),
      wall: wall(START_WALL + this.now + this.#wallShiftMs),
      boot: `boot-${this.boot}`,
      roll: this.roll,
    };
  }

  submit(event: Event): void {
    const before = this.fleet;
    const moment = this.moment;
    const { fleet, commands } = frozenStep(before, event, moment);
    this.fleet = fleet;
    this.journal.push({ event, moment });
    this.pending.push(
      ...commands.filter(
        ({ type }) => type !== 'record' && type !== 'file-incident' && type !== 'retire-run' && type !== 'forget',
      ),
    );
    for (const command of commands) if (command.type === 'deliver') this.#noteKnown(command.run, command.uuid);
    this.#watch({ before, after: fleet, event, moment, commands }, this);
  }

  #noteKnown(run: string, uuid: string): void {
    const process = this.processOf(run);
    if (process === undefined || this.#wasKnown.has(uuid)) return;
    const isKnown = process.read === process.log.length && process.turn === null;
    this.#wasKnown.set(uuid, isKnown ? process.ownTurns : -1);
  }

  /** Time passes; nobody ticks. */
  pass(ms: number): void {
    this.now += ms;
  }

  jumpWall(ms: number): void {
    this.#wallShiftMs += ms;
  }

  /** Until the next deadline, and one tick then. False when nothing is planned. */
  tickWhenDue(): boolean {
    const next = nextDeadline(this.fleet);
    const moment = this.moment;
    const waits = [
      next.mono === null ? Infinity : next.mono - moment.mono,
      next.wall === null ? Infinity : next.wall - moment.wall,
    ];
    const wait = Math.min(...waits);
    if (wait === Infinity) return false;
    this.now += Math.max(0, wait);
    this.submit({ type: 'tick' });
    return true;
  }

  send(agent: string): void {
    const id = uuidOf(`m${this.sent.length}`);
    if (this.fleet.agents[agent] === undefined) return;
    this.sent.push({ agent, id });
    this.submit({ type: 'message', agent, id, text: `question ${id}` });
  }

  processOf(run: string): Process | undefined {
    return this.processes.find((candidate) => candidate.run === run);
  }

  /** Carries out one pending command. */
  obey(index: number, how: { readonly fails: boolean }): void {
    const [command] = this.pending.splice(index, 1);
    if (command === undefined || !('run' in command) || command.run === null) return;
    const process = this.processOf(command.run);
    switch (command.type) {
      case 'spawn':
        this.#spawn(command, how.fails);
        return;
      case 'initialize':
        if (process !== undefined) process.initAsked = true;
        return;
      case 'interrupt':
        if (process?.alive === true && process.turn !== null) this.#endTurn(process, 'aborted');
        return;
      case 'deliver':
        this.#deliver(process, command, how.fails);
        return;
      case 'signal':
        if (process !== undefined && (command.signal === 'KILL' || !how.fails))
          this.die(process, command.signal === 'KILL' ? 137 : 143);
        return;
      case 'sweep':
        this.#sweep(command.agent, command.run);
        return;
      case 'record':
      case 'retire-run':
        return;
    }
  }

  /** The process does the next thing that it has to do. */
  progress(process: Process, how: { readonly tools: boolean; readonly partial: boolean }): void {
    if (!process.alive) return;
    if (process.initAsked) {
      process.initAsked = false;
      this.#say(process, { fact: 'initialized', tokenSource: 'CLAUDE_CODE_OAUTH_TOKEN' });
      return;
    }
    const { turn } = process;
    if (turn === null) {
      const frame = process.inputs.shift();
      if (frame !== undefined) this.beginTurn(process, frame);
      return;
    }
    if (!turn.answered && (process.api === 'fine' || how.partial)) {
      turn.answered = true;
      const uuid = `uuid-${process.run}-${process.log.length}`;
      this.#write(process, { is: 'answer', uuid, message: turn.frame?.message ?? null });
      this.#say(process, {
        fact: 'answered',
        messageId: `msg_${process.run}_${process.log.length}`,
        model: 'claude-opus-4-5',
        uuid,
        requestId: null,
        usedTools: how.tools,
        sidechain: false,
      });
      return;
    }
    this.#endTurn(process, process.api === 'fine' ? 'good' : 'failed');
  }

  beginTurn(process: Process, frame: Frame | null): void {
    if (!process.alive || process.turn !== null) return;
    process.turn = { frame, answered: false };
    if (frame === null) process.ownTurns += 1;
    this.#write(process, frame === null ? ownQuestion(process) : this.#entryOf(process, frame));
    this.#say(process, {
      fact: 'turn-started',
      sessionId: process.sessionId,
      model: 'claude-opus-4-5',
      claudeVersion: '2.1.195',
      apiKeySource: 'none',
    });
    if (frame !== null) this.#say(process, { fact: 'accepted', uuid: frame.uuid });
  }

  die(process: Process, code: number, hint: ExitHint | null = null): void {
    if (!process.alive) return;
    process.alive = false;
    process.exit = { code, hint };
  }

  /** The daemon reads some of what the process wrote, and at its end tells that it has ended. */
  read(process: Process, lines: number, late = false): void {
    for (const { offset, fact } of process.log.slice(process.read, process.read + lines)) {
      process.read += 1;
      this.submit({ type: 'heard', agent: process.agent, run: process.run, offset, fact, late });
    }
    if (process.read < process.log.length || process.exit === null || process.exitTold) return;
    process.exitTold = true;
    this.submit({ type: 'exited', agent: process.agent, run: process.run, at: null, ...process.exit, detail: '' });
  }

  /** The daemon dies, perhaps in the midst of a long write, and another one looks what is there. */
  restartDaemon(how: { readonly cutsWrite: boolean }): void {
    const write = this.pending.find((command) => command.type === 'deliver' && command.agent !== 'eve');
    if (how.cutsWrite && write?.type === 'deliver') {
      const process = this.processOf(write.run);
      const agent = this.fleet.agents[write.agent];
      if (process?.alive === true && agent !== undefined && runOf(agent.state)?.id === write.run) {
        this.submit({ type: 'writing', agent: write.agent, run: write.run, uuid: write.uuid, bytes: 70_000 });
        process.isCut = true;
      }
    }
    this.pending = [];
    this.fleet = JSON.parse(JSON.stringify(this.fleet)) as Fleet;
    this.adopt();
  }

  reboot(tookMs: number): void {
    this.pending = [];
    for (const process of this.processes) if (process.alive) this.die(process, 0);
    for (const process of this.processes)
      if (process.exit !== null && !process.exitTold) process.exit = { code: null, hint: null };
    this.now += tookMs;
    this.boot += 1;
    this.#monoBase = 5_000 - this.now;
    this.adopt();
  }

  /** What a new daemon reports: nothing begins before everything that was said is read. */
  adopt(): void {
    for (const agent of Object.values(this.fleet.agents)) {
      const run = runOf(agent.state);
      if (run === null) continue;
      const name = { agent: agent.spec.name, run: run.id };
      const process = this.processOf(run.id);
      if (process === undefined) {
        this.#swept.add(run.id);
        this.submit({ type: 'never-spawned', ...name });
        continue;
      }
      if (run.shim === null) this.submit({ type: 'spawned', ...name, shimPid: 1, shimStart: '1', fingerprint: null });
      this.submit({ type: 'adopted', ...name });
      process.exitTold = false;
      process.read = process.log.findLastIndex(({ offset }) => offset <= run.cursor) + 1;
      this.read(process, Infinity, true);
      if (process.alive) this.submit({ type: 'caught-up', ...name });
    }
    // What fell due while nobody was there, perhaps on the clock of another boot.
    this.submit({ type: 'tick' });
  }

  #spawn({ agent, run, session }: SpawnedBy, fails: boolean): void {
    // A run that was swept before it had a process is never started.
    if (this.#swept.has(run)) return;
    const known = this.fleet.agents[agent];
    if (fails || known === undefined || runOf(known.state)?.id !== run) {
      this.#swept.add(run);
      this.submit({ type: 'spawn-failed', agent, run, detail: 'no such folder' });
      return;
    }
    const { id, transcript, hint } = this.#open(session);
    const process: Process = {
      agent,
      run,
      transcript,
      sessionId: id,
      alive: true,
      log: [],
      read: 0,
      exit: null,
      exitTold: false,
      initAsked: false,
      inputs: [],
      turn: null,
      ownTurns: 0,
      isCut: false,
      api: this.weather.get(agent) ?? 'fine',
    };
    this.processes.push(process);
    this.submit({ type: 'spawned', agent, run, shimPid: 1, shimStart: '1', fingerprint: null });
    if (hint !== null) this.die(process, 1, hint);
  }

  #write(process: Process, entry: Entry): void {
    process.transcript.push(entry);
    this.sessions.set(process.sessionId, [...process.transcript]);
  }

  /** What a delivery adds to the conversation; a nudge must find there what it points at. */
  #entryOf({ transcript, run, ownTurns }: Process, { uuid, message, text }: Frame): Entry {
    const last = transcript.findLast(({ is }) => is !== 'nudge');
    const isBegun = transcript.some((entry) => entry.is === 'answer' && entry.message === message);
    const points = text === null ? last?.is === 'question' && last.message === message : isBegun;
    if (text !== null && text !== CONTINUE_TEXT) return { is: 'question', uuid, message };
    // A turn of its own that nobody had read of, or that nobody could tell from ours, when the nudge was ordered.
    if (!points && this.isHonest && this.#wasKnown.get(uuid) === ownTurns)
      throw new Error(`${run} is told ${text ?? 'nothing'} for ${uuid}, which it never was asked`);
    return { is: 'nudge', uuid };
  }

  #open(plan: SessionPlan | null): { id: string; transcript: Entry[]; hint: ExitHint | null } {
    if (plan === null) return { id: '', transcript: [], hint: null };
    const known = this.sessions.get(plan.id);
    if (plan.kind === 'new')
      return { id: plan.id, transcript: [], hint: known === undefined ? null : 'session-in-use' };
    if (known === undefined) return { id: plan.id, transcript: [], hint: 'session-missing' };
    const cut = plan.at === null ? known.length : known.findIndex(({ uuid }) => uuid === plan.at) + 1;
    const id = plan.fork?.newId ?? plan.id;
    return { id, transcript: known.slice(0, cut), hint: cut === 0 && plan.at !== null ? 'anchor-missing' : null };
  }

  #deliver(process: Process | undefined, command: Extract<Command, { type: 'deliver' }>, fails: boolean): void {
    if (process === undefined || !process.alive) return;
    if (process.isCut && this.isHonest) throw new Error(`${process.run} was written to behind a frame that was cut`);
    if (fails) {
      this.submit({ type: 'not-written', agent: process.agent, run: process.run, uuid: command.uuid, partial: false });
      return;
    }
    if (process.transcript.some(({ uuid }) => uuid === command.uuid)) {
      this.#say(process, { fact: 'accepted', uuid: command.uuid });
      return;
    }
    // Assumed, not measured: a copy of what still waits is dropped; the echo comes when it is run.
    if (process.inputs.some(({ uuid }) => uuid === command.uuid)) return;
    const waiting = [...process.inputs, ...(process.turn?.frame ? [process.turn.frame] : [])];
    if (waiting.length > 0 && this.isHonest)
      throw new Error(`${process.run} was given ${command.uuid} while it had ${waiting[0]?.uuid}`);
    process.inputs.push({ uuid: command.uuid, message: `${command.uuid.slice(0, 32)}0000`, text: command.text });
  }

  #sweep(agent: string, run: string): void {
    this.#swept.add(run);
    const process = this.processOf(run);
    if (process !== undefined) {
      this.die(process, 137);
      this.read(process, Infinity);
    }
    this.submit({ type: 'gone', agent, run, leftovers: 0 });
  }

  #endTurn(process: Process, outcome: 'good' | 'failed' | 'aborted'): void {
    const turn = process.turn;
    if (turn === null) return;
    process.turn = null;
    const why = outcome === 'failed' && process.api !== 'fine' ? failureOf(process.api, this.moment.wall) : null;
    if (outcome === 'aborted') this.#write(process, { is: 'interruption', uuid: null });
    if (outcome === 'good' && turn.frame !== null) {
      const { message } = turn.frame;
      this.answeredBy[message] = (this.answeredBy[message] ?? 0) + 1;
      this.askedFor[message] = process.transcript.filter(
        (entry) => entry.is === 'question' && entry.message === message,
      ).length;
    }
    if (why !== null) this.#say(process, { fact: 'refused', failure: why });
    this.#say(process, {
      fact: 'turn-ended',
      local: false,
      outcome,
      failure: why,
      sessionId: null,
      totalCostUsd: null,
    });
  }

  #say(process: Process, fact: StreamFact): void {
    process.log.push({ offset: (process.log.length + 1) * 100, fact });
  }
}

const ownQuestion = (process: Process): Entry => ({
  is: 'question',
  uuid: `own-${process.run}-${process.log.length}`,
  message: null,
});

export const failureOf = (kind: FailureKind, now: number): Failure => ({
  kind,
  status: kind === 'auth' || kind === 'credential' ? 401 : null,
  error: null,
  text: kind,
  requestId: `req_${kind}`,
  resetsAt: kind === 'capped' ? now + 3_600_000 : null,
});

/** Ada and bob fail in every way, eve never does, cmd is a command agent. All share one credential. */
export const CAST: readonly AgentSpec[] = [
  ADA,
  { ...ADA, name: 'bob', auth: { ...ADA.auth, redeliver: 'never' } },
  { ...ADA, name: 'eve' },
  { ...ADA, name: 'cmd', mode: 'command', command: ['worker'] },
];
