import { setTimeout as delay } from 'node:timers/promises';
import treeKill from 'tree-kill';
import { HAS_PROC } from './identity.ts';
import type { Process, ProcessTable } from './process-table.ts';
import { PsTable } from './table-ps.ts';
import { ProcTable } from './table-proc.ts';

export type Swept = {
  /** How many stood behind when the sweep began or were forked during it; the shim does not count. */
  readonly leftovers: number;
  readonly killed: readonly number[];
};

/** Ends the processes of a run, and nobody else's. */
export interface Sweeper {
  /**
   * Signals the shim's process group, then continues it, since a stopped process cannot die of a TERM. False: there is
   * no such group any more. The shim lives through it.
   */
  signalGroup(cookie: string, shimPid: number, signal: EndSignal): Promise<boolean>;
  /** Signals one process of the run, for `stop.killMode: 'main'`, and continues it. False: it is gone, or not of this run. */
  signalMain(cookie: string, pid: number, signal: EndSignal): Promise<boolean>;
  /** KILLs who bears the cookie, but not `except`, until nobody is left. Resolves with the pids that were there. */
  killBearers(cookie: string, options: KillOptions): Promise<number[]>;
  /**
   * After the agent's end: KILLs who stayed behind, lets the shim write its note, and resolves when nobody is left.
   * Rejects with `StillThere` after `SWEEP_MS_MAX`. A second sweep of the same run joins the first.
   */
  sweep(cookie: string, shimPid: number): Promise<Swept>;
}

/** Signals that ask a process to end. KILL is not among them: sent to the group it would take the shim along. */
export type EndSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP';

export type KillOptions = {
  /** The shim, which is to record the agent's end. null: it is killed too. */
  readonly except: number | null;
  /** Narrows the kill, for `stop.killMode` other than 'tree'. */
  readonly only?: (process: Process) => boolean;
};

export class StillThere extends Error {
  readonly pids: readonly number[];
  constructor(cookie: string, pids: readonly number[]) {
    super(`Processes ${pids.join(', ')} of ${cookie} do not die of SIGKILL.`);
    this.name = 'StillThere';
    this.pids = pids;
  }
}

/** Only a process in an uninterruptible wait (a dead network disk) outlives a KILL for long. */
export const SWEEP_MS_MAX = 30_000;
/** How long a shim may take to write its note after the agent has ended; measured: 1 to 3 ms. */
export const SHIM_MS_MAX = 1_000;

/** A bomb that is limited by the system stops growing once enough of it is stopped; more rounds than this cannot help. */
const FREEZE_ROUNDS_MAX = 50;
const PAUSE_MS_MIN = 2;
const PAUSE_MS_MAX = 50;
/**
 * In the middle of an exec a process shows an empty environment (measured: in one look of ten at a process that does nothing
 * but exec): one empty scan proves nothing, two with a pause do.
 */
const EMPTY_SCANS_NEEDED = 2;

/** Where there is no /proc, tree-kill reaches what the table cannot tell apart; its own failure is harmless, the loop follows. */
export type KillTree = (pid: number) => Promise<void>;
const killTree: KillTree = (pid) => new Promise((done) => treeKill(pid, 'SIGKILL', () => done()));

export class CookieSweeper implements Sweeper {
  readonly #table: ProcessTable;
  readonly #killTree: KillTree | null;
  readonly #sweeps = new Map<string, Promise<Swept>>();

  constructor(table: ProcessTable, tree: KillTree | null = null) {
    this.#table = table;
    this.#killTree = tree;
  }

  async signalGroup(cookie: string, shimPid: number, signal: EndSignal): Promise<boolean> {
    if (!(await this.#isOurGroup(cookie, shimPid))) return false;
    const sent = this.#table.signalGroup(shimPid, signal);
    this.#table.signalGroup(shimPid, 'SIGCONT');
    return sent;
  }

  async signalMain(cookie: string, pid: number, signal: EndSignal): Promise<boolean> {
    const process = this.#table.bearer(pid, cookie);
    if (process === null || !this.#table.signal(process, cookie, signal)) return false;
    this.#table.signal(process, cookie, 'SIGCONT');
    return true;
  }

  async killBearers(cookie: string, options: KillOptions): Promise<number[]> {
    const isTarget = (process: Process): boolean =>
      process.pid !== options.except && (options.only === undefined || options.only(process));
    const seen = new Map<string, Process>();
    await this.#freeze(cookie, isTarget, seen);
    if (this.#killTree !== null && options.only === undefined) {
      await Promise.all([...seen.values()].map(({ pid }) => this.#killTree?.(pid)));
    }
    for (const process of seen.values()) this.#table.signal(process, cookie, 'SIGKILL');
    await this.#killUntilNobody(cookie, isTarget, seen);
    return [...new Set([...seen.values()].map(({ pid }) => pid))];
  }

  sweep(cookie: string, shimPid: number): Promise<Swept> {
    const running = this.#sweeps.get(cookie);
    if (running !== undefined) return running;
    const sweep = this.#sweepOnce(cookie, shimPid).finally(() => this.#sweeps.delete(cookie));
    this.#sweeps.set(cookie, sweep);
    return sweep;
  }

  async #sweepOnce(cookie: string, shimPid: number): Promise<Swept> {
    const killed = await this.killBearers(cookie, { except: shimPid });
    const shim = this.#table.bearer(shimPid, cookie);
    if (shim === null) return { leftovers: killed.length, killed };
    // A shim that somebody stopped could not write.
    this.#table.signal(shim, cookie, 'SIGCONT');
    const patience = AbortSignal.timeout(SHIM_MS_MAX);
    while (!patience.aborted && this.#table.bearer(shimPid, cookie) !== null) await delay(PAUSE_MS_MIN);
    const rest = await this.killBearers(cookie, { except: null });
    return { leftovers: killed.length, killed: [...killed, ...rest] };
  }

  /** The number of a group cannot be taken by others while one of ours is in it. */
  async #isOurGroup(cookie: string, shimPid: number): Promise<boolean> {
    for (let scan = 0; scan < EMPTY_SCANS_NEEDED; scan++) {
      if (scan > 0) await delay(PAUSE_MS_MIN);
      if (this.#table.bearer(shimPid, cookie)?.group === shimPid) return true;
      const bearers = await this.#table.bearers(cookie);
      if (bearers.some(({ group }) => group === shimPid)) return true;
    }
    return false;
  }

  /**
   * Stops everybody at first sight, until a scan shows nobody new: who is stopped cannot fork, and keeps
   * its place in a limited table. Killing at once would make room for the rest of a fork bomb.
   */
  async #freeze(cookie: string, isTarget: (process: Process) => boolean, seen: Map<string, Process>): Promise<void> {
    for (let round = 0; round < FREEZE_ROUNDS_MAX; round++) {
      const before = seen.size;
      await this.#table.bearers(cookie, (process) => {
        if (this.#isNew(process, isTarget, seen)) this.#table.signal(process, cookie, 'SIGSTOP');
      });
      if (seen.size === before) return;
    }
  }

  async #killUntilNobody(
    cookie: string,
    isTarget: (process: Process) => boolean,
    seen: Map<string, Process>,
  ): Promise<void> {
    const limit = AbortSignal.timeout(SWEEP_MS_MAX);
    let pauseMs = PAUSE_MS_MIN;
    for (let emptyScans = 0; emptyScans < EMPTY_SCANS_NEEDED; ) {
      const left = (await this.#table.bearers(cookie)).filter(isTarget);
      emptyScans = left.length === 0 ? emptyScans + 1 : 0;
      for (const process of left) {
        seen.set(`${process.pid} ${process.start}`, process);
        this.#table.signal(process, cookie, 'SIGKILL');
      }
      if (limit.aborted && left.length > 0) throw new StillThere(cookie, left.map(({ pid }) => pid));
      if (emptyScans < EMPTY_SCANS_NEEDED) await delay(pauseMs);
      pauseMs = Math.min(PAUSE_MS_MAX, pauseMs * 2);
    }
  }

  #isNew(process: Process, isTarget: (process: Process) => boolean, seen: Map<string, Process>): boolean {
    const key = `${process.pid} ${process.start}`;
    if (seen.has(key) || !isTarget(process)) return false;
    seen.set(key, process);
    return true;
  }
}

export const processTable: ProcessTable = HAS_PROC ? new ProcTable() : new PsTable();
export const sweeper: Sweeper = new CookieSweeper(processTable, HAS_PROC ? null : killTree);
