import type { Command } from '../kernel/commands.ts';
import { nextDeadline } from '../kernel/deadlines.ts';
import type { Event } from '../kernel/events.ts';
import type { Failure, StreamFact } from '../kernel/facts.ts';
import { emptyFleet, type Fleet } from '../kernel/fleet.ts';
import { messageOf } from '../kernel/ids.ts';
import { mono, wall, type Moment } from '../kernel/moment.ts';
import type { AgentSpec, CredentialSpec } from '../kernel/spec.ts';
import { step } from '../kernel/step.ts';
import { Agenda } from './agenda.ts';
import { FIRST_ANSWER_MS, REFUSED_MS, type Api, type Refusal } from './api.ts';
import { diceOf } from './dice.ts';
import type { Tally } from './tally.ts';
import type { Asked } from './workload.ts';

/**
 * The kernel with a host that has no processes: agents are asked, answer and are turned away on a virtual clock. What is
 * decided is decided by `step`, and by nothing here.
 */

/** How long a host takes; together with a new process `RESTART_MS` of the peers. */
const KILLED_MS = 20;
const SWEPT_MS = 50;
const TERMED_MS = 300;
const SPAWNED_MS = 30;
const READY_MS = 1_400;
const ECHOED_MS = 30;
const INTERRUPTED_MS = 200;
const MEASURED_MS = 10;
/** What is asked as a proof is short. */
const PROOF_MS = 5_000;
const BOOT = 'simulated';
/** Of who declares none. */
const MODEL = 'opus';

type Process = {
  readonly agent: string;
  readonly run: string;
  readonly model: string;
  /** It was started because of a trouble, and has asked nothing yet. */
  isAttempt: boolean;
  isLatched: boolean;
  /** Counts what makes a turn in progress void. */
  epoch: number;
  isInTurn: boolean;
  offset: number;
};

export type KernelFleet = {
  readonly agents: readonly AgentSpec[];
  readonly credentials: readonly CredentialSpec[];
};

export class KernelHost {
  fleet: Fleet = emptyFleet;
  #now: number;
  readonly #agenda = new Agenda<() => void>();
  readonly #processes = new Map<string, Process>();
  /** Agents whose next process is an attempt. */
  readonly #attempting = new Set<string>();
  readonly #turnMs: ReadonlyMap<string, number>;
  readonly #api: Api;
  readonly #tally: Tally;
  readonly #roll: () => number;

  constructor(fleet: KernelFleet, asked: readonly Asked[], from: number, seed: number, api: Api, tally: Tally) {
    this.#now = from;
    this.#api = api;
    this.#tally = tally;
    this.#roll = diceOf(seed ^ 0x5eed).roll;
    this.#turnMs = new Map(asked.map(({ id, turnMs }) => [id, turnMs]));
    for (const spec of fleet.credentials) this.#submit({ type: 'credential-declared', spec });
    fleet.agents.forEach((spec, index) => {
      this.#submit({ type: 'declared', spec, environment: {}, seed: seedOf(index) });
      this.#submit({ type: 'desired', agent: spec.name, desired: 'up' });
    });
    for (const { at, agent, id } of asked) {
      this.#agenda.add(at, () => this.#submit({ type: 'message', agent, id, text: 'a question' }));
    }
  }

  /** Lets time pass up to then: what is owed and what is due happens on the way. */
  runUntil(until: number): void {
    for (;;) {
      const due = this.#nextDue();
      const next = Math.min(due, this.#agenda.nextAt);
      if (next > until) break;
      this.#now = Math.max(this.#now, next);
      if (this.#agenda.nextAt <= due) this.#agenda.take()?.();
      else this.#submit({ type: 'tick' });
    }
    this.#now = until;
  }

  #nextDue(): number {
    const { mono: due, wall: dueByWall } = nextDeadline(this.fleet);
    return Math.min(due ?? Infinity, dueByWall ?? Infinity);
  }

  get #moment(): Moment {
    // Nobody sets this clock, so that both say the same.
    return { mono: mono(this.#now), wall: wall(this.#now), boot: BOOT, roll: this.#roll() };
  }

  #submit(event: Event): void {
    const { fleet, commands } = step(this.fleet, event, this.#moment);
    this.fleet = fleet;
    for (const command of commands) this.#obey(command);
  }

  #after(delayMs: number, act: () => void): void {
    this.#agenda.add(this.#now + delayMs, act);
  }

  #obey(command: Command): void {
    if (command.type === 'record') {
      if (command.event !== 'attempt') return;
      this.#attempting.add(command.agent);
      this.#tally.attempted(command.agent);
      return;
    }
    if (!('run' in command)) return;
    const { agent, run } = command;
    switch (command.type) {
      case 'spawn':
        this.#after(SPAWNED_MS, () => this.#spawned(agent, run));
        return;
      case 'initialize':
        this.#after(READY_MS, () => this.#says(run, { fact: 'initialized', tokenSource: null }));
        return;
      case 'deliver':
        this.#after(ECHOED_MS, () => this.#beginTurn(run, command.uuid));
        return;
      case 'interrupt':
        this.#after(INTERRUPTED_MS, () => this.#endTurn(run, 'aborted', null));
        return;
      case 'signal':
        this.#after(command.signal === 'KILL' ? KILLED_MS : TERMED_MS, () => this.#dies(run, command.signal));
        return;
      case 'sweep':
        this.#after(SWEPT_MS, () => this.#submit({ type: 'gone', agent, run, leftovers: 0 }));
        return;
      case 'measure':
        // Whoever is silent here is at work.
        this.#after(MEASURED_MS, () =>
          this.#submit({ type: 'measured', agent, run, silentMs: 0, rssBytes: null, cpuMs: null }),
        );
        return;
      case 'retire-run':
        this.#processes.delete(run);
        return;
      // Nobody prints here more than a disk holds.
      case 'cut-log':
      case 'trim-logs':
      case 'hold':
    }
  }

  #spawned(agent: string, run: string): void {
    const isAttempt = this.#attempting.delete(agent);
    const model = this.fleet.agents[agent]?.spec.claude.model ?? MODEL;
    const fresh = { isLatched: false, epoch: 0, isInTurn: false, offset: 0 };
    this.#processes.set(run, { agent, run, model, isAttempt, ...fresh });
    const [shimPid, shimStart] = [Number(run), '0'];
    this.#submit({ type: 'spawned', agent, run, shimPid, shimStart, fingerprint: null });
  }

  #dies(run: string, signal: 'TERM' | 'KILL'): void {
    const process = this.#processes.get(run);
    if (process === undefined) return;
    process.epoch += 1;
    const code = signal === 'KILL' ? 137 : 143;
    this.#submit({ type: 'exited', agent: process.agent, run, code, at: this.#now, hint: null, detail: '' });
  }

  #beginTurn(run: string, uuid: string): void {
    const process = this.#processes.get(run);
    if (process === undefined) return;
    const { agent } = process;
    process.isInTurn = true;
    process.epoch += 1;
    const id = messageOf(uuid);
    const turnMs = this.#turnMs.get(id) ?? PROOF_MS;
    const begun = { sessionId: null, model: process.model, claudeVersion: null, apiKeySource: null };
    this.#says(run, { fact: 'turn-started', ...begun });
    this.#says(run, { fact: 'accepted', uuid });
    const latched: Refusal = { at: this.#now, kind: 'window', opensAt: this.#now };
    const refusal = process.isLatched ? latched : this.#api.refusalIn(agent, this.#now, turnMs);
    const answerMs = Math.min(FIRST_ANSWER_MS, turnMs);
    if (refusal === null || refusal.at - this.#now >= answerMs)
      this.#inTurn(process, answerMs, () => this.#answers(process));
    if (refusal === null) this.#inTurn(process, turnMs, () => this.#endTurn(run, 'good', null));
    else this.#inTurn(process, refusal.at - this.#now, () => this.#isRefused(process, id, refusal));
  }

  /** Unless the process or its turn has ended by then. */
  #inTurn(process: Process, delayMs: number, act: () => void): void {
    const { epoch } = process;
    this.#after(delayMs, () => {
      if (process.epoch === epoch) act();
    });
  }

  #answers(process: Process): void {
    process.isAttempt = false;
    this.#tally.answered(process.agent, this.#now);
    const uuid = `said-${process.run}-${process.offset}`;
    const said = { messageId: null, requestId: null, usedTools: false, sidechain: false };
    this.#says(process.run, { fact: 'answered', model: process.model, uuid, ...said });
  }

  #isRefused(process: Process, id: string, refusal: Refusal): void {
    const isWindow = refusal.kind === 'window';
    if (isWindow) {
      process.isLatched = true;
      this.#says(process.run, { fact: 'retrying', status: 401, error: null, attempt: 1, delayMs: null });
    }
    this.#inTurn(process, REFUSED_MS, () => {
      const { isAttempt } = process;
      process.isAttempt = false;
      this.#tally.refused(process.agent, this.#now, refusal, { id, isAttempt });
      this.#endTurn(process.run, 'failed', isWindow ? REJECTED : THROTTLED);
    });
  }

  #endTurn(run: string, outcome: 'good' | 'failed' | 'aborted', failure: Failure | null): void {
    const process = this.#processes.get(run);
    if (process === undefined || !process.isInTurn) return;
    process.isInTurn = false;
    process.epoch += 1;
    this.#says(run, { fact: 'turn-ended', local: false, outcome, failure, sessionId: null, totalCostUsd: null });
  }

  #says(run: string, fact: StreamFact): void {
    const process = this.#processes.get(run);
    if (process === undefined) return;
    process.offset += 1;
    this.#submit({ type: 'heard', agent: process.agent, run, offset: process.offset, fact, late: false });
  }
}

const failureOf = (kind: Failure['kind'], status: number): Failure => ({
  kind,
  status,
  error: null,
  text: 'simulated',
  requestId: null,
  resetsAt: null,
});

const REJECTED = failureOf('auth', 401);
const THROTTLED = failureOf('throttled', 429);

const seedOf = (index: number): string => `a0000000-0000-4000-9000-${String(index).padStart(12, '0')}`;
