import type { Command } from '../../src/kernel/commands.ts';
import type { Failure, FailureKind } from '../../src/kernel/facts.ts';
import { holds, type Deed, type Fault } from '../stand-in/script.ts';
import { agentIn } from './fleet-of.ts';
import { answers, ends, failure, fails, limited, retries, turnStarts } from './scenario.ts';
import type { Cast, World } from './world.ts';

/**
 * Agents that answer by themselves: every message that is delivered to one is answered, rejected, throttled … as a fault
 * script says, in the language of the two stand-ins and at the pace of Claude Code. Files and places in the life of a
 * process that the script may name do not exist here.
 */

type Process = {
  readonly agent: string;
  readonly run: string;
  /** Which one of its conversation it is. */
  readonly ordinal: number;
  readonly session: string;
  readonly token: string;
  readonly heard: Set<string>;
  readonly latched: Set<Fault>;
  turns: number;
  /** Counts what makes a turn in progress void. */
  epoch: number;
  isInTurn: boolean;
  isDeaf: boolean;
};

/** What the API says, what Claude Code makes of it, and the waits before each of its retries. */
type Refusal = {
  readonly kind: FailureKind;
  readonly status: number | null;
  readonly text: string;
  readonly waits: readonly number[];
};

const AUTH_WAITS = [600, 1_200];
/** As recorded: about three minutes. */
const SERVER_WAITS = [600, 1_000, 2_000, 4_500, 9_000, 18_000, 37_000, 34_000, 38_000, 38_000];

const REFUSALS: Readonly<Record<string, Refusal>> = {
  '401': {
    kind: 'auth',
    status: 401,
    text: 'Failed to authenticate. API Error: 401 Invalid authentication credentials',
    waits: AUTH_WAITS,
  },
  '401bearer': {
    kind: 'auth',
    status: 401,
    text: 'Failed to authenticate. API Error: 401 Invalid bearer token',
    waits: AUTH_WAITS,
  },
  '401expired': {
    kind: 'credential',
    status: 401,
    text: 'API Error: 401 OAuth access token has expired.',
    waits: AUTH_WAITS,
  },
  '403revoked': {
    kind: 'credential',
    status: 403,
    text: 'API Error: 403 OAuth token has been revoked.',
    waits: AUTH_WAITS,
  },
  '429': { kind: 'throttled', status: 429, text: 'API Error: Server is temporarily limiting requests', waits: [] },
  '429cap': { kind: 'capped', status: 429, text: "You've hit your session limit", waits: [] },
  '529': { kind: 'overloaded', status: 529, text: 'API Error: 529 Overloaded.', waits: SERVER_WAITS },
  '500': { kind: 'server', status: 500, text: 'API Error: 500', waits: SERVER_WAITS },
  '400credit': { kind: 'billing', status: 400, text: 'Credit balance is too low', waits: [] },
  drop: { kind: 'network', status: null, text: 'Connection error.', waits: SERVER_WAITS },
  notLoggedIn: { kind: 'credential', status: null, text: 'Not logged in · Please run /login', waits: [] },
};

const MODELS = { opus: 'claude-opus-4-5', sonnet: 'claude-sonnet-4-5', haiku: 'claude-haiku-4-5' } as const;
const ANSWER_MS = 50;

export class ScriptedAgents implements Cast {
  faults: readonly Fault[];
  readonly windows = new Set<string>();
  readonly #processes = new Map<string, Process>();
  readonly #ofSession = new Map<string, number>();
  #requests = 0;

  constructor(faults: readonly Fault[]) {
    this.faults = faults;
  }

  obey(world: World, command: Command): void {
    if (command.type === 'spawn' && command.session !== null) {
      const { id } =
        command.session.kind === 'resume' && command.session.fork !== null
          ? { id: command.session.fork.newId }
          : command.session;
      const ordinal = (this.#ofSession.get(id) ?? 0) + 1;
      this.#ofSession.set(id, ordinal);
      const { agent, run } = command;
      this.#processes.set(run, {
        agent,
        run,
        ordinal,
        session: id,
        token: world.givenTo(run) ?? '',
        heard: new Set(),
        latched: new Set(),
        turns: 0,
        epoch: 0,
        isInTurn: false,
        isDeaf: false,
      });
    }
    if (command.type !== 'deliver') return;
    const process = this.#processes.get(command.run);
    // What a process has heard before is echoed and not run again.
    if (process === undefined || process.isDeaf || process.heard.has(command.uuid)) return;
    process.heard.add(command.uuid);
    const text = command.text ?? agentIn(world.fleet, command.agent).queue[0]?.text ?? '';
    world.later(world.habits.echoed ?? 0, command.run, () => this.#begin(world, process, text));
  }

  hears(run: string): boolean {
    return this.#processes.get(run)?.isDeaf !== true;
  }

  interrupt(run: string): boolean {
    const process = this.#processes.get(run);
    if (process?.isInTurn !== true || process.isDeaf) return false;
    process.isInTurn = false;
    process.epoch += 1;
    return true;
  }

  #begin(world: World, process: Process, text: string): void {
    process.turns += 1;
    process.isInTurn = true;
    turnStarts(process.agent, null, this.#modelOf(world, process.agent))(world);
    this.#request(world, process, text, 1);
  }

  #request(world: World, process: Process, text: string, attempt: number): void {
    const deed = this.#wanted(world, process, text, attempt);
    if (deed.exit !== undefined) {
      process.isInTurn = false;
      world.exited(process.agent, { code: deed.exit.code ?? 1, detail: deed.exit.stderr ?? '' });
    } else if (deed.api === undefined) this.#answer(world, process, text, deed);
    else if (deed.api !== 'hang') this.#refuse(world, process, text, attempt, deed);
  }

  #answer(world: World, process: Process, text: string, deed: Deed): void {
    this.#after(world, process, ANSWER_MS + (deed.delayMs ?? 0), () => {
      const { agent } = process;
      answers(
        `msg_${agent}_${text.replaceAll(/\W+/g, '_')}`,
        { model: this.#modelOf(world, agent), tools: deed.hang === 'afterTool' },
        agent,
      )(world);
      if (deed.hang === 'afterTool' || deed.hang === 'afterAnswer') return;
      process.isDeaf = deed.hang === 'afterResult';
      process.isInTurn = false;
      ends('good', agent, world.turnUsd === null ? null : world.turnUsd * process.turns)(world);
    });
  }

  #refuse(world: World, process: Process, text: string, attempt: number, deed: Deed): void {
    const refusal = REFUSALS[deed.api ?? ''];
    if (refusal === undefined) throw new Error(`${deed.api} is no fault`);
    const wait = refusal.waits[attempt - 1];
    if (wait !== undefined) {
      retries(refusal.status, attempt, process.agent, wait)(world);
      this.#after(world, process, wait, () => this.#request(world, process, text, attempt + 1));
      return;
    }
    process.isInTurn = false;
    this.#requests += 1;
    const why: Failure = failure(refusal.kind, refusal.status, `req_${this.#requests}`, deed.message ?? refusal.text);
    if (deed.resetsAt !== undefined) limited(deed.resetsAt * 1_000, process.agent)(world);
    fails(why, process.agent)(world);
  }

  #after(world: World, process: Process, ms: number, act: () => void): void {
    const { epoch, run } = process;
    world.later(ms, run, () => {
      if (process.epoch === epoch) act();
    });
  }

  /** Of every kind of thing the first fault that holds decides. */
  #wanted(world: World, process: Process, text: string, attempt: number): Deed {
    const moment = {
      process: process.ordinal,
      turn: process.turns,
      attempt,
      text,
      model: this.#modelOf(world, process.agent),
      token: process.token,
      session: process.session,
      pid: Number(process.run),
      windows: this.windows,
      nowMs: world.moment.wall,
      exists: () => false,
    };
    const deeds = this.faults.filter((fault) => {
      const isHeld = process.latched.has(fault) || holds(fault.when ?? {}, moment);
      if (isHeld && fault.latch === true) process.latched.add(fault);
      return isHeld;
    });
    return Object.assign({}, ...deeds.map((fault) => fault.do).toReversed()) as Deed;
  }

  #modelOf(world: World, agent: string): string {
    const { model } = agentIn(world.fleet, agent).spec.claude;
    return MODELS[(model ?? 'opus') as keyof typeof MODELS];
  }
}
