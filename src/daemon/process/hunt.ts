import { setTimeout as delay } from 'node:timers/promises';
import type { Process, ProcessTable } from './process-table.ts';

export type HuntPlan = {
  readonly table: ProcessTable;
  readonly cookie: string;
  /** The group that the shim leads, which may be stopped as a whole while one of ours is seen in it. */
  readonly group: number | null;
  readonly isTarget: (process: Process) => boolean;
  readonly limitMs: number;
  readonly killTree: KillTree | null;
};

/** Where there is no /proc, tree-kill reaches what the table cannot tell apart. */
export type KillTree = (pid: number) => Promise<void>;

/** A KILL was not enough within the limit: who is left waits for the system and cannot be ended from here. */
export class StillThere extends Error {
  readonly pids: readonly number[];
  constructor(cookie: string, pids: readonly number[]) {
    super(`Processes ${pids.join(', ')} of ${cookie} do not die of SIGKILL.`);
    this.name = 'StillThere';
    this.pids = pids;
  }
}

/** A bomb that is limited by the system stops growing once enough of it is stopped; more rounds than this cannot help. */
const FREEZE_ROUNDS_MAX = 50;
export const PAUSE_MS_MIN = 2;
const PAUSE_MS_MAX = 50;
/**
 * In the middle of an exec a process shows an empty environment (measured: in one look of ten at a process that does nothing
 * but exec): one empty scan proves nothing, two with a pause do.
 */
export const EMPTY_SCANS_NEEDED = 2;

type Seen = Map<string, Process>;

/** KILLs the targets until nobody is left; the pids of all who were there. */
export async function hunt(plan: HuntPlan): Promise<number[]> {
  const { table, cookie, group, killTree } = plan;
  const seen: Seen = new Map();
  const isGroupStopped = await freeze(plan, seen);
  try {
    if (killTree !== null) await Promise.all([...seen.values()].map(({ pid }) => killTree(pid)));
    for (const process of seen.values()) table.signal(process, cookie, 'SIGKILL');
    await killUntilNobody(plan, seen);
  } finally {
    // Who is in the group without the cookie is not ours to kill, but was stopped with it.
    if (isGroupStopped && group !== null) table.signalGroup(group, 'SIGCONT');
  }
  return [...new Set([...seen.values()].map(({ pid }) => pid))];
}

/**
 * Stops everybody at first sight, until a scan shows nobody new: who is stopped cannot fork, and keeps its place in
 * a limited table. Killing at once would make room for the rest of a fork bomb. The group, which is nearly always all of them,
 * is stopped before the first look at the whole table, which takes milliseconds.
 */
async function freeze({ table, cookie, group, isTarget }: HuntPlan, seen: Seen): Promise<boolean> {
  let isGroupStopped = group !== null && table.bearer(group, cookie)?.group === group;
  if (group !== null && isGroupStopped) stopGroup(table, cookie, group);
  for (let round = 0; round < FREEZE_ROUNDS_MAX; round++) {
    const before = seen.size;
    await table.bearers(cookie, (process) => {
      if (!isGroupStopped && process.group === group) {
        isGroupStopped = true;
        stopGroup(table, cookie, process.group);
      }
      if (!isTarget(process) || seen.has(keyOf(process))) return;
      seen.set(keyOf(process), process);
      table.signal(process, cookie, 'SIGSTOP');
    });
    if (seen.size === before) break;
  }
  return isGroupStopped;
}

/** All at once, so that nobody escapes by forking between two looks; the shim goes on, to record the end. */
function stopGroup(table: ProcessTable, cookie: string, shimPid: number): void {
  table.signalGroup(shimPid, 'SIGSTOP');
  const shim = table.bearer(shimPid, cookie);
  if (shim !== null) table.signal(shim, cookie, 'SIGCONT');
}

async function killUntilNobody({ table, cookie, isTarget, limitMs }: HuntPlan, seen: Seen): Promise<void> {
  const limit = AbortSignal.timeout(limitMs);
  let pauseMs = PAUSE_MS_MIN;
  // Where there was nobody to stop, that look was the first that found nobody.
  let emptyScans = seen.size === 0 ? 1 : 0;
  if (emptyScans > 0) await delay(pauseMs);
  while (emptyScans < EMPTY_SCANS_NEEDED) {
    const left = (await table.bearers(cookie)).filter(isTarget);
    emptyScans = left.length === 0 ? emptyScans + 1 : 0;
    for (const process of left) {
      seen.set(keyOf(process), process);
      table.signal(process, cookie, 'SIGKILL');
    }
    const pids = left.map(({ pid }) => pid);
    if (limit.aborted && pids.length > 0) throw new StillThere(cookie, pids);
    if (emptyScans < EMPTY_SCANS_NEEDED) await delay(pauseMs);
    pauseMs = Math.min(PAUSE_MS_MAX, pauseMs * 2);
  }
}

const keyOf = ({ pid, start }: Process): string => `${pid} ${start}`;
