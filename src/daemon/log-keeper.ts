import { setTimeout as delay } from 'node:timers/promises';
import { reach } from '#failpoint';
import { liveBase, sizeOf } from '../home/log-pieces.ts';
import { agentFolder, runFolder } from '../home/paths.ts';
import type { Command } from '../kernel/commands.ts';
import type { Event, RunId } from '../kernel/events.ts';
import { runOf, type Agent, type Fleet, type LogFile, type Run } from '../kernel/fleet.ts';
import { KEPT_ON_FULL_DISK_BYTES, logOf } from '../kernel/logs.ts';
import { missingBytes } from './disk-watch.ts';
import type { LiveRun } from './live-run.ts';
import { cutLive, markBase, mendCuts, NotStill, type CutEnd } from './process/cut.ts';
import { dropOldest } from './process/dropping.ts';
import { refuseReplaced } from './process/held-output.ts';
import { retireRuns } from './process/logs.ts';
import { runFiles } from './process/run-files.ts';
import { bytesKept, liveSizes } from './process/stored-runs.ts';
import type { Sweeper } from './process/sweep.ts';
import { Rounds } from './rounds.ts';

export type LogKeeperOptions = {
  readonly home: string;
  readonly fleet: () => Fleet;
  readonly submit: (event: Event) => Promise<void>;
  readonly sweeper: Sweeper;
  readonly live: (run: RunId) => LiveRun | undefined;
  readonly complain: (what: string, error: unknown) => void;
};

type CommandOf<Type extends Command['type']> = Extract<Command, { type: Type }>;
type Known = { readonly agent: Agent; readonly run: Run; readonly shimPid: number };

const LOG_FILES: readonly LogFile[] = ['stdout', 'stderr'];
/** A file that is still too large is told of again after this: it could not be cut. */
const TELL_AGAIN_MS = 30_000;
/** Who is quiet is looked at once in so many looks. */
const LOOKS_OF_A_ROUND = 30;
/** In the midst of a turn a process may stand still in the midst of a line: it is let go on for a moment so often, */
const LINE_TRIES_MAX = 5;
/** and for so long. */
const LINE_PAUSE_MS = 5;

/**
 * Sees how much agents print, and cuts and drops what the kernel says. One thing at a time of each agent: whoever wants to
 * signal an agent or to drop its runs waits for it.
 */
export class LogKeeper {
  readonly #options: LogKeeperOptions;
  readonly #work = new Map<string, Promise<void>>();
  /** What all files of an agent but those that are written to hold; forgotten when something of it has changed. */
  readonly #kept = new Map<string, { readonly run: RunId; readonly bytes: number }>();
  readonly #told = new Map<RunId, number>();
  readonly #rounds = new Rounds(LOOKS_OF_A_ROUND);
  /** The last one of each agent. */
  readonly #complaints = new Map<string, string>();

  constructor(options: LogKeeperOptions) {
    this.#options = options;
  }

  /** Once a second: two sizes for each agent that prints, and what else it has kept when that may be too much. */
  look(): void {
    this.#rounds.next();
    for (const agent of Object.values(this.#options.fleet().agents)) {
      const run = runOf(agent.state);
      const isAtWork = this.#work.has(agent.spec.name);
      if (run === null || run.shim === null || agent.state.at === 'stopping' || isAtWork) continue;
      if (this.#options.live(run.id)?.isQuiet === true && !this.#rounds.isTurnOf(Number(run.id))) continue;
      void this.#afterOthers(agent.spec.name, () => this.#lookAt(agent, run));
    }
  }

  cut(command: CommandOf<'cut-log'>): Promise<void> {
    return this.#afterOthers(command.agent, () => this.#cut(command));
  }

  trim(command: CommandOf<'trim-logs'>): Promise<void> {
    return this.#afterOthers(command.agent, () => this.#trim(command));
  }

  retire({ agent: name, run }: CommandOf<'retire-run'>): Promise<void> {
    return this.#afterOthers(name, async () => {
      const agent = this.#options.fleet().agents[name];
      if (agent === undefined) return;
      const live = runOf(agent.state)?.id ?? null;
      const { beyondTotal } = await retireRuns(this.#agentDir(name), agent.spec.log, live, run);
      this.#kept.delete(name);
      this.#told.delete(run);
      if (beyondTotal.bytes > 0) await this.#options.submit({ type: 'log-dropped', agent: name, ...beyondTotal });
    });
  }

  hold({ agent: name, run: id, hold }: CommandOf<'hold'>): Promise<void> {
    const { sweeper } = this.#options;
    return this.#afterOthers(name, async () => {
      const known = this.#find(name, id);
      if (known === null) return;
      if (hold) await sweeper.standStill(this.#runDir(name, id), known.shimPid);
      else await sweeper.goOn(this.#runDir(name, id), known.shimPid, true);
    });
  }

  /** Settles when nothing is under way that lets the agent stand still. */
  settled(agent: string): Promise<void> {
    return this.#work.get(agent) ?? Promise.resolve();
  }

  /** Nobody is left standing still. */
  async close(): Promise<void> {
    const { sweeper, fleet } = this.#options;
    await Promise.all(this.#work.values());
    for (const { state, spec } of Object.values(fleet().agents)) {
      const run = runOf(state);
      if (run === null || run.shim === null || !logOf(run).held) continue;
      await sweeper.goOn(this.#runDir(spec.name, run.id), run.shim.pid, true);
    }
  }

  /**
   * Finishes what a dead daemon was at, then lets everybody of the run go on. Gives the offset at which each file begins.
   */
  takeOver(agent: Agent, run: Run, shimPid: number): Readonly<Record<LogFile, number>> {
    const { name } = agent.spec;
    const files = runFiles(this.#runDir(name, run.id));
    const { bases, cutting, held } = logOf(run);
    const found = { stdout: this.#mend(files.stdout, bases.stdout), stderr: this.#mend(files.stderr, bases.stderr) };
    const isStopped = cutting !== null || held;
    const goOn = (): Promise<void> => this.#options.sweeper.goOn(this.#runDir(name, run.id), shimPid, isStopped);
    if (shimPid > 0) void this.#afterOthers(name, goOn);
    return found;
  }

  /** Tells what the kernel does not know of it: to be called when the run is known to be adopted. */
  async tellFound({ spec: { name } }: Agent, run: Run): Promise<void> {
    const files = runFiles(this.#runDir(name, run.id));
    const { bases } = logOf(run);
    for (const file of LOG_FILES) {
      const base = this.#mend(files[file], bases[file]);
      if (base === bases[file]) continue;
      await this.#options.submit({ type: 'log-cut', agent: name, run: run.id, file, base, problem: null });
    }
  }

  /** Pieces may have been removed by hand: what was counted before is counted on. */
  #mend(live: string, journaled: number): number {
    try {
      mendCuts(live);
      if (liveBase(live) < journaled) markBase(live, journaled);
      return Math.max(journaled, liveBase(live));
    } catch (error) {
      // A folder that we may not look into is no reason for the others to wait.
      this.#options.complain(`output in ${live}`, error);
      return journaled;
    }
  }

  #afterOthers(agent: string, act: () => Promise<void>): Promise<void> {
    const before = this.#work.get(agent) ?? Promise.resolve();
    const work = before
      .then(act)
      .catch((error: unknown) => this.#complainOnce(agent, error))
      .finally(() => {
        if (this.#work.get(agent) === work) this.#work.delete(agent);
      });
    this.#work.set(agent, work);
    return work;
  }

  /** What is looked at every second would be complained of every second. */
  #complainOnce(agent: string, error: unknown): void {
    const complaint = error instanceof Error ? error.message : String(error);
    if (this.#complaints.get(agent) !== complaint) this.#options.complain(`output of ${agent}`, error);
    this.#complaints.set(agent, complaint);
  }

  async #lookAt({ spec: { name, log } }: Agent, run: Run): Promise<void> {
    const { file, bytes, liveBytes } = liveSizes(this.#runDir(name, run.id));
    const allBytes = liveBytes + (await this.#keptBeside(name, run.id, liveBytes));
    const isTold = performance.now() - (this.#told.get(run.id) ?? -Infinity) < TELL_AGAIN_MS;
    if (allBytes <= log.totalBytesMax && (bytes <= log.sizeBytesMax || isTold)) return;
    this.#told.set(run.id, performance.now());
    this.#kept.delete(name);
    const sizes = { file, bytes, liveBytes, allBytes } as const;
    await this.#options.submit({ type: 'log-grown', agent: name, run: run.id, ...sizes, urgent: false });
  }

  async #keptBeside(name: string, run: RunId, liveBytes: number): Promise<number> {
    const known = this.#kept.get(name);
    if (known?.run === run) return known.bytes;
    const bytes = Math.max(0, (await bytesKept(this.#agentDir(name))) - liveBytes);
    this.#kept.set(name, { run, bytes });
    return bytes;
  }

  async #cut(command: CommandOf<'cut-log'>): Promise<void> {
    const { submit, sweeper } = this.#options;
    const { agent: name, run, file } = command;
    const path = runFiles(this.#runDir(name, run))[file];
    const known = this.#find(name, run);
    let end: CutEnd | null = null;
    let problem: string | null = 'its run is over';
    reach('cut:begin', path);
    try {
      if (known !== null) {
        end = await this.#cutFile(command, known, path);
        problem = null;
      }
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    } finally {
      const base = this.#mend(path, 0);
      this.#kept.delete(name);
      if (problem === null) this.#told.delete(run);
      await submit({ type: 'log-cut', agent: name, run, file, base, problem });
      if (known !== null) await sweeper.goOn(this.#runDir(name, run), known.shimPid, true);
      reach('cut:end', path);
    }
    if (end === null || end.bytesDropped === 0) return;
    await submit({ type: 'log-dropped', agent: name, bytes: end.bytesDropped, lines: end.linesDropped });
  }

  async #cutFile(command: CommandOf<'cut-log'>, known: Known, path: string): Promise<CutEnd> {
    const { submit } = this.#options;
    const { agent, run, file } = command;
    const keepBytesMax = (sizeOf(path) ?? 0) <= command.wholeBytesMax ? null : command.keepBytesMax;
    const live = this.#options.live(run);
    refuseReplaced(path, known.shimPid, file);
    // What is kept has no holes.
    if (keepBytesMax !== null) await this.#drop(agent, run, 0, () => true);
    return cutLive({
      path,
      keepBytesMax,
      still: () => this.#still(command, known, keepBytesMax !== null),
      intend: (upTo) => submit({ type: 'log-cutting', agent, run, file, upTo }),
      emptied: (base) => {
        if (file === 'stdout') live?.rebase(base);
      },
    });
  }

  /** Nobody writes, and everything was heard: of a stream agent up to the end of a line, since half a line is no fact. */
  async #still(
    { agent: name, run, file }: CommandOf<'cut-log'>,
    { shimPid }: Known,
    mayCutLine: boolean,
  ): Promise<void> {
    const { sweeper, live } = this.#options;
    const cookie = this.#runDir(name, run);
    for (let tries = 1; ; tries += 1) {
      if (!(await sweeper.standStill(cookie, shimPid))) throw new NotStill('its processes do not stand still');
      const pending = file === 'stdout' ? await live(run)?.heardAll() : 0;
      if (pending === undefined || pending === 0) return;
      if (tries === LINE_TRIES_MAX) {
        // A line that is longer than all that may be kept is not waited for.
        if (mayCutLine) return;
        throw new NotStill('it is in the midst of a line');
      }
      await sweeper.goOn(cookie, shimPid, true);
      await delay(LINE_PAUSE_MS);
    }
  }

  async #trim({ agent: name, run, missingBytes: missing }: CommandOf<'trim-logs'>): Promise<void> {
    const { home } = this.#options;
    const agent = this.#options.fleet().agents[name];
    if (agent === undefined) return;
    const isNeeded = (): boolean => missing > 0 && missingBytes(home) > 0;
    const liveRun = runOf(agent.state)?.id ?? null;
    await this.#drop(name, liveRun, agent.spec.log.totalBytesMax, isNeeded);
    if (liveRun === run && isNeeded()) await this.#tellUrgent(name, run);
  }

  async #drop(name: string, liveRun: RunId | null, totalBytesMax: number, isNeeded: () => boolean): Promise<void> {
    const dropped = await dropOldest({ agentDir: this.#agentDir(name), liveRun, totalBytesMax, isNeeded });
    this.#kept.delete(name);
    if (dropped.bytes > 0) await this.#options.submit({ type: 'log-dropped', agent: name, ...dropped });
  }

  /** Nothing older is left: what is still written to has to make room. */
  async #tellUrgent(agent: string, run: RunId): Promise<void> {
    const { file, bytes, liveBytes } = liveSizes(this.#runDir(agent, run));
    if (bytes < 2 * KEPT_ON_FULL_DISK_BYTES) return;
    const sizes = { file, bytes, liveBytes, allBytes: liveBytes } as const;
    await this.#options.submit({ type: 'log-grown', agent, run, ...sizes, urgent: true });
  }

  #find(name: string, id: RunId): Known | null {
    const agent = this.#options.fleet().agents[name];
    const run = agent === undefined ? null : runOf(agent.state);
    if (agent === undefined || run?.id !== id || run.shim === null) return null;
    return { agent, run, shimPid: run.shim.pid };
  }

  #agentDir(name: string): string {
    return agentFolder(this.#options.home, name);
  }

  #runDir(name: string, run: RunId): string {
    return runFolder(this.#options.home, name, run);
  }
}
