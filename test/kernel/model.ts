import type { Command } from '../../src/kernel/commands.ts';
import { nextDeadline } from '../../src/kernel/deadlines.ts';
import type { Event } from '../../src/kernel/events.ts';
import { emptyFleet, runOf, type Fleet } from '../../src/kernel/fleet.ts';
import { CREDENTIAL_VARIABLES, type AgentSpec } from '../../src/kernel/spec.ts';
import { tierOf } from '../../src/kernel/tier.ts';
import { Api, type Weather } from './api.ts';
import { CREDENTIALS } from './cast.ts';
import { Clock } from './clock.ts';
import { declared, frozenStep, uuidOf } from './fleet-of.ts';
import { WRITTEN_DOWN, type Journaled, type Seen } from './seen.ts';
import { SecretHost } from './secret-host.ts';
import { openConversation, Process, type Entry, type Surroundings } from './process-model.ts';

/**
 * A model of the outside world: a host that obeys in any order and at any time, processes that answer, are rejected, fall
 * silent and die, an API with its weather, conversations on a disk, daemons that die between any two events. It never lies
 * about processes; lies are told on top of it by the moves.
 */
type SpawnedBy = Extract<Command, { type: 'spawn' }>;
export type Obedience = { readonly fails: boolean; readonly cuts?: boolean };

export class Model extends Clock implements Surroundings {
  fleet: Fleet = emptyFleet;
  readonly journal: Journaled[] = [];
  readonly processes: Process[] = [];
  /** What the host was told and has not done. */
  pending: Command[] = [];
  readonly api = new Api();
  readonly secrets = new SecretHost(this);
  readonly sessions = new Map<string, readonly Entry[]>();
  readonly answeredBy: Record<string, number> = {};
  readonly askedFor: Record<string, number> = {};
  readonly sent: { readonly agent: string; readonly id: string }[] = [];
  /** Lies have been told: what they lead to is not the kernel's fault. */
  isHonest = true;
  /** What awaits the next processes of an agent. */
  readonly weather = new Map<string, Weather>();
  /** Agents whose next process will never say a word. */
  readonly mute = new Set<string>();
  /** Agents whose next process takes what it is asked and never says a word. */
  readonly speechless = new Set<string>();
  /** Where new processes say that they have their credential from, null: where it was declared. */
  tokenSource: string | null = null;
  /** Agents whose next process cannot be started. */
  readonly unstartable = new Set<string>();
  readonly #watch: (seen: Seen, model: Model) => void;
  readonly #swept = new Set<string>();
  readonly #wasKnown = new Map<string, number>();

  constructor(specs: readonly AgentSpec[], watch: (seen: Seen, model: Model) => void) {
    super();
    this.#watch = watch;
    for (const spec of CREDENTIALS) this.submit({ type: 'credential-declared', spec });
    for (const spec of specs) this.submit(declared(spec));
  }

  get living(): readonly Process[] {
    return this.processes.filter(({ alive }) => alive);
  }

  submit(event: Event): void {
    const before = this.fleet;
    const moment = this.moment;
    const { fleet, commands } = frozenStep(before, event, moment);
    this.fleet = fleet;
    this.journal.push({ event, moment });
    this.pending.push(...commands.filter(({ type }) => !WRITTEN_DOWN.has(type)));
    for (const command of commands) if (command.type === 'deliver') this.#noteKnown(command.run, command.uuid);
    this.#watch({ before, after: fleet, event, moment, commands }, this);
  }

  wasKnown(uuid: string): number | undefined {
    return this.#wasKnown.get(uuid);
  }

  #noteKnown(run: string, uuid: string): void {
    const process = this.processOf(run);
    if (process === undefined || this.#wasKnown.has(uuid)) return;
    const isKnown = process.read === process.log.length && process.turn === null;
    this.#wasKnown.set(uuid, isKnown ? process.ownTurns : -1);
  }

  /** How long nothing falls due. */
  get waitMs(): number {
    const next = nextDeadline(this.fleet);
    const { mono: monoNow, wall: wallNow } = this.moment;
    const byMono = next.mono === null ? Infinity : next.mono - monoNow;
    return Math.max(0, Math.min(byMono, next.wall === null ? Infinity : next.wall - wallNow));
  }

  /** Until the next deadline, and one tick then. False when nothing is planned. */
  tickWhenDue(): boolean {
    const wait = this.waitMs;
    if (wait === Infinity) return false;
    this.now += wait;
    this.submit({ type: 'tick' });
    return true;
  }

  send(agent: string): void {
    const id = uuidOf(`m${this.sent.length}`);
    const known = this.fleet.agents[agent];
    if (known === undefined) return;
    // Who is being deleted takes none.
    if (!known.deleting) this.sent.push({ agent, id });
    this.submit({ type: 'message', agent, id, text: `question ${id}` });
  }

  processOf(run: string): Process | undefined {
    return this.processes.find((candidate) => candidate.run === run);
  }

  /** Carries out one pending command; those for files one after the other. */
  obey(index: number, how: Obedience): void {
    const isFile = this.pending[index]?.type === 'rotate-files';
    const place = isFile ? this.pending.findIndex(({ type }) => type === 'rotate-files') : index;
    const [command] = this.pending.splice(place, 1);
    if (command?.type === 'rotate-files') {
      this.secrets.obey(command, how);
      return;
    }
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
        process?.interrupt();
        return;
      case 'deliver':
        this.#deliver(process, command, how);
        return;
      case 'signal':
        if (command.signal === 'KILL' || !how.fails) process?.die(command.signal === 'KILL' ? 137 : 143);
        return;
      case 'sweep':
        this.#sweep(command.agent, command.run);
        return;
      case 'measure':
        if (process?.alive === true) this.#measure(process);
        return;
      case 'cut-log':
        this.#cut(command, how.fails);
        return;
      case 'record':
      case 'retire-run':
      case 'trim-logs':
      case 'hold':
        return;
    }
  }

  #cut({ agent, run, file }: Extract<Command, { type: 'cut-log' }>, fails: boolean): void {
    const problem = fails ? 'its processes do not stand still' : null;
    this.submit({ type: 'log-cut', agent, run, file, base: 100, problem });
  }

  /** The daemon reads some of what the process wrote, and at its end tells that it has ended. */
  read(process: Process, lines: number, late = false): void {
    for (const { offset, fact } of process.log.slice(process.read, process.read + lines)) {
      process.read += 1;
      this.submit({ type: 'heard', agent: process.agent, run: process.run, offset, fact, late });
    }
    if (process.read < process.log.length || process.exit === null || process.exitTold) return;
    process.exitTold = true;
    this.submit({ type: 'exited', agent: process.agent, run: process.run, ...process.exit, detail: '' });
  }

  /** The daemon dies, perhaps in the midst of a long write, and another one looks what is there. */
  restartDaemon(how: { readonly cutsWrite: boolean; readonly worksOn?: 'half' | 'whole' }): void {
    const write = this.pending.find((command) => command.type === 'deliver' && command.agent !== 'eve');
    if (how.cutsWrite && write?.type === 'deliver') {
      const process = this.processOf(write.run);
      const agent = this.fleet.agents[write.agent];
      if (process?.alive === true && agent !== undefined && runOf(agent.state)?.id === write.run) {
        this.submit({ type: 'writing', agent: write.agent, run: write.run, uuid: write.uuid, bytes: 70_000 });
        process.isCut = true;
      }
    }
    const order = this.pending.find((command) => command.type === 'rotate-files');
    if (how.worksOn !== undefined && order?.type === 'rotate-files')
      this.secrets.obeyUnheard(order, how.worksOn === 'half');
    this.pending = [];
    this.fleet = JSON.parse(JSON.stringify(this.fleet)) as Fleet;
    this.adopt();
  }

  reboot(tookMs: number): void {
    this.pending = [];
    for (const process of this.processes) process.die(0);
    for (const process of this.processes)
      if (process.exit !== null && !process.exitTold) process.exit = { code: null, hint: null, at: null };
    this.boots(tookMs);
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
      if (run.shim === null) this.#tellSpawned(process);
      this.submit({ type: 'adopted', ...name });
      process.exitTold = false;
      process.read = process.log.findLastIndex(({ offset }) => offset <= run.cursor) + 1;
      this.read(process, Infinity, true);
      if (process.alive) this.submit({ type: 'caught-up', ...name });
    }
    this.secrets.takeUp();
    // What fell due while nobody was there, perhaps on the clock of another boot.
    this.submit({ type: 'tick' });
  }

  #spawn({ agent, run, session, staged }: SpawnedBy, fails: boolean): void {
    // A run that was swept before it had a process is never started.
    if (this.#swept.has(run)) return;
    const known = this.fleet.agents[agent];
    const credential = known?.spec.credentials[0] ?? '';
    const fingerprint = this.secrets.given(credential, staged);
    if (
      fails ||
      fingerprint === null ||
      this.unstartable.delete(agent) ||
      known === undefined ||
      runOf(known.state)?.id !== run
    ) {
      this.#swept.add(run);
      this.submit({ type: 'spawn-failed', agent, run, detail: 'no such folder' });
      return;
    }
    const conversation = openConversation(this.sessions, session);
    const type = CREDENTIALS.find(({ name }) => name === credential)?.type;
    const process = new Process(this, {
      agent,
      run,
      credential,
      fingerprint,
      tokenSource: this.tokenSource ?? (type === undefined ? null : CREDENTIAL_VARIABLES[type]),
      tier: tierOf(known.spec.claude.model) ?? 'opus',
      api: this.weather.get(agent) ?? 'fine',
      hangs: this.mute.delete(agent),
      isSpeechless: this.speechless.delete(agent),
      conversation,
    });
    this.processes.push(process);
    this.#tellSpawned(process);
    if (conversation.hint !== null) process.die(1, conversation.hint);
  }

  #tellSpawned({ agent, run, credential, fingerprint }: Process): void {
    const shown = credential === '' ? null : fingerprint;
    this.submit({ type: 'spawned', agent, run, shimPid: 1, shimStart: '1', fingerprint: shown });
    this.submit({ type: 'pid-known', agent, run, pid: 2 });
  }

  #deliver(process: Process | undefined, command: Extract<Command, { type: 'deliver' }>, how: Obedience): void {
    if (process === undefined || !process.alive) return;
    const partial = how.cuts === true;
    const write = { agent: process.agent, run: process.run, uuid: command.uuid };
    this.submit({ type: 'writing', ...write, bytes: 200 });
    if (!how.fails && !partial) {
      process.take(command);
      this.submit({ type: 'written', ...write });
      return;
    }
    if (partial) process.isCut = true;
    this.submit({ type: 'not-written', ...write, partial });
  }

  #measure({ agent, run, saidAt, rssBytes }: Process): void {
    // Nothing ever goes wrong with eve: it talks all the time.
    const silentMs = agent === 'eve' ? 0 : this.now - saidAt;
    // Who hangs uses nothing.
    this.submit({ type: 'measured', agent, run, silentMs, rssBytes, cpuMs: 100 });
  }

  #sweep(agent: string, run: string): void {
    this.#swept.add(run);
    const process = this.processOf(run);
    if (process !== undefined) {
      process.die(137);
      this.read(process, Infinity);
    }
    this.submit({ type: 'gone', agent, run, leftovers: process?.leavesBehind ?? 0 });
  }
}
