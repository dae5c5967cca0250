import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import type { Mono } from '../../kernel/moment.ts';
import { HAS_PROC, PS_ENVIRONMENT } from '../../home/process-identity.ts';
import { eachPid, readStat } from '../../home/proc-stat.ts';

/** Named by its run. */
export type MeteredAgent = { readonly name: string; readonly shimPid: number };

export type AgentUsage = {
  /** Per cent of one core since the sample before; null in an agent's first sample. */
  readonly cpu: number | null;
  /** Bytes, summed over the agent's processes without the shim; pages that they share count more than once. */
  readonly rss: number;
  /** Processor time that those of them have used which are still there. */
  readonly cpuMs: number;
};

export interface UsageMeter {
  /**
   * One pass over the process table for all agents: about 10 ms of CPU for 500 processes, so ask only when somebody
   * looks.
   */
  sample(agents: readonly MeteredAgent[], now: Mono): Promise<ReadonlyMap<string, AgentUsage>>;
}

export type UsageRow = {
  readonly pid: number;
  readonly start: string;
  readonly parent: number;
  readonly group: number;
  readonly cpuMs: number;
  readonly rssBytes: number;
};

type Sample = { readonly at: Mono; readonly cpuMs: ReadonlyMap<string, number> };

/** Linux counts CPU time for user space in hundredths of a second on every architecture. */
const MS_PER_TICK = 10;

/** An agent's tree: all who descend from its shim or are in its process group. */
export class TableUsageMeter implements UsageMeter {
  readonly #readRows: () => Promise<UsageRow[]>;
  #samples = new Map<string, Sample>();

  constructor(readRows: () => Promise<UsageRow[]>) {
    this.#readRows = readRows;
  }

  async sample(agents: readonly MeteredAgent[], now: Mono): Promise<ReadonlyMap<string, AgentUsage>> {
    const trees = treesOf(await this.#readRows(), agents);
    const samples = new Map<string, Sample>();
    const usage = new Map<string, AgentUsage>();
    for (const { name, shimPid } of agents) {
      const tree = trees.get(shimPid) ?? [];
      const sample: Sample = { at: now, cpuMs: new Map(tree.map((row) => [`${row.pid} ${row.start}`, row.cpuMs])) };
      // Keyed by shim, so that a restarted agent begins anew.
      const before = this.#samples.get(`${name} ${shimPid}`);
      samples.set(`${name} ${shimPid}`, sample);
      const rss = tree.reduce((sum, row) => sum + row.rssBytes, 0);
      const cpuMs = tree.reduce((sum, row) => sum + row.cpuMs, 0);
      usage.set(name, { cpu: before === undefined ? null : cpuBetween(before, sample), rss, cpuMs });
    }
    this.#samples = samples;
    return usage;
  }
}

export const usageMeter = (): UsageMeter => new TableUsageMeter(HAS_PROC ? procRows : psRows);

/** What a process had used before counts not; one that is new since has used all of its time in between. */
function cpuBetween(before: Sample, after: Sample): number | null {
  const elapsedMs = after.at - before.at;
  if (elapsedMs <= 0) return null;
  let usedMs = 0;
  for (const [key, cpuMs] of after.cpuMs) usedMs += cpuMs - (before.cpuMs.get(key) ?? 0);
  return (100 * usedMs) / elapsedMs;
}

function treesOf(rows: readonly UsageRow[], agents: readonly MeteredAgent[]): Map<number, UsageRow[]> {
  const trees = new Map<number, UsageRow[]>(agents.map(({ shimPid }) => [shimPid, []]));
  const parents = new Map(rows.map((row) => [row.pid, row.parent]));
  for (const row of rows) {
    const root = trees.has(row.group) ? row.group : ancestorAmong(trees, parents, row.pid);
    if (root !== null && row.pid !== root) trees.get(root)?.push(row);
  }
  return trees;
}

function ancestorAmong(
  roots: ReadonlyMap<number, unknown>,
  parents: ReadonlyMap<number, number>,
  from: number,
): number | null {
  let pid = from;
  // Rows are not read at one instant, so a reused pid could close a circle.
  for (let depth = 0; depth < parents.size; depth++) {
    const parent = parents.get(pid);
    if (parent === undefined || parent <= 1) return null;
    if (roots.has(parent)) return parent;
    pid = parent;
  }
  return null;
}

export async function procRows(): Promise<UsageRow[]> {
  const rows: UsageRow[] = [];
  await eachPid((pid) => {
    const stat = readStat(pid);
    if (stat === null) return;
    const { start, parent, group } = stat;
    rows.push({ pid, start, parent, group, cpuMs: stat.cpuTicks * MS_PER_TICK, rssBytes: stat.rssPages * pageBytes() });
  });
  return rows;
}

let pageBytesOnce: number | null = null;
/** 4 KiB on x86, 4 to 64 KiB on arm64. */
function pageBytes(): number {
  pageBytesOnce ??= Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'latin1' }));
  return pageBytesOnce;
}

/** macOS, untested there; the options are the same on Linux. TIME is [days-][hours:]minutes:seconds[.hundredths]. */
export async function psRows(): Promise<UsageRow[]> {
  const options = { env: PS_ENVIRONMENT };
  const { stdout } = await promisify(execFile)('ps', ['-ax', '-o', 'pid=,ppid=,pgid=,rss=,time='], options);
  return stdout.split('\n').flatMap((line) => {
    const [pid, parent, group, rss, time] = line.trim().split(/\s+/);
    if (pid === undefined || rss === undefined || time === undefined) return [];
    const cpuMs = cpuTimeMs(time);
    return [
      {
        pid: Number(pid),
        start: '',
        parent: Number(parent),
        group: Number(group),
        cpuMs,
        rssBytes: Number(rss) * 1024,
      },
    ];
  });
}

export function cpuTimeMs(text: string): number {
  const [days, clock] = text.includes('-') ? text.split('-') : ['0', text];
  const seconds = (clock ?? '').split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return Math.round((Number(days) * 86_400 + seconds) * 1000);
}
