import { setTimeout as delay } from 'node:timers/promises';
import treeKill from 'tree-kill';
import { EMPTY_SCANS_NEEDED, hunt, PAUSE_MS_MIN, type KillTree } from './hunt.ts';
import { HAS_PROC } from '../../home/process-identity.ts';
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
  /**
   * Stops everybody who bears the cookie, the shim among them, and settles when each of their threads stands still. False:
   * somebody does not within `STILL_MS_MAX`, or the group is not this run's. `goOn` must follow in any case.
   */
  standStill(cookie: string, shimPid: number): Promise<boolean>;
  /** Continues the group; `everybody` else who bears the cookie, too, which takes a look at all processes. */
  goOn(cookie: string, shimPid: number, everybody: boolean): Promise<void>;
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
  /** Narrows the kill, for `stop.killMode` other than 'tree'. Leave it out for 'tree': tree-kill cannot be narrowed. */
  readonly only?: (process: Process) => boolean;
};

/** Only a process in an uninterruptible wait (a dead network disk) outlives a KILL for long. */
export const SWEEP_MS_MAX = 30_000;
/** How long a shim may take to write its note after the agent has ended; measured: 1 to 3 ms. */
export const SHIM_MS_MAX = 1_000;

/** For where there is no /proc; that it found nobody is no failure, the hunt goes on after it. */
const treeKiller: KillTree = (pid) => new Promise((done) => treeKill(pid, 'SIGKILL', () => done()));

/** A process that waits for a disk stops when it has been served; measured: 0.1 to 2 ms. */
const STILL_MS_MAX = 1_000;

export type SweeperOptions = {
  /** @default none: the table finds everybody */
  readonly killTree?: KillTree;
  /** @default SWEEP_MS_MAX */
  readonly limitMs?: number;
};

export class CookieSweeper implements Sweeper {
  readonly #table: ProcessTable;
  readonly #options: SweeperOptions;
  readonly #sweeps = new Map<string, Promise<Swept>>();

  constructor(table: ProcessTable, options: SweeperOptions = {}) {
    this.#table = table;
    this.#options = options;
  }

  async signalGroup(cookie: string, shimPid: number, signal: EndSignal): Promise<boolean> {
    if (!(await this.#isOurGroup(cookie, shimPid))) return false;
    const sent = this.#table.signalGroup(shimPid, signal);
    this.#table.signalGroup(shimPid, 'SIGCONT');
    return sent;
  }

  async signalMain(cookie: string, pid: number, signal: EndSignal): Promise<boolean> {
    for (let look = 0; look < EMPTY_SCANS_NEEDED; look++) {
      if (look > 0) await delay(PAUSE_MS_MIN);
      const process = this.#table.bearer(pid, cookie);
      if (process === null || !this.#table.signal(process, cookie, signal)) continue;
      this.#table.signal(process, cookie, 'SIGCONT');
      return true;
    }
    return false;
  }

  async standStill(cookie: string, shimPid: number): Promise<boolean> {
    if (!(await this.#isOurGroup(cookie, shimPid))) return false;
    this.#table.signalGroup(shimPid, 'SIGSTOP');
    const patience = AbortSignal.timeout(STILL_MS_MAX);
    // Twice: who is seen in the middle of an exec shows no cookie.
    for (let quietLooks = 0; quietLooks < EMPTY_SCANS_NEEDED;) {
      if (patience.aborted) return false;
      const moving = (await this.#table.bearers(cookie)).filter((process) => !this.#table.isStopped(process));
      quietLooks = moving.length === 0 ? quietLooks + 1 : 0;
      for (const process of moving) {
        if (process.group !== shimPid) this.#table.signal(process, cookie, 'SIGSTOP');
      }
      if (moving.length > 0) await delay(PAUSE_MS_MIN);
    }
    return true;
  }

  async goOn(cookie: string, shimPid: number, everybody: boolean): Promise<void> {
    // The group first: it is nearly always all of them.
    if (await this.#isOurGroup(cookie, shimPid)) this.#table.signalGroup(shimPid, 'SIGCONT');
    if (!everybody) return;
    for (const process of await this.#table.bearers(cookie)) this.#table.signal(process, cookie, 'SIGCONT');
  }

  killBearers(cookie: string, { except, only }: KillOptions): Promise<number[]> {
    const isTarget = (process: Process): boolean => process.pid !== except && (only === undefined || only(process));
    const { limitMs, killTree } = this.#options;
    return hunt({
      table: this.#table,
      cookie,
      group: except,
      isTarget,
      limitMs: limitMs ?? SWEEP_MS_MAX,
      killTree: only === undefined ? (killTree ?? null) : null,
    });
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
}

export const processTable: ProcessTable = HAS_PROC ? new ProcTable() : new PsTable();
export const sweeper: Sweeper = new CookieSweeper(processTable, HAS_PROC ? {} : { killTree: treeKiller });
