import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where control groups are mounted: version 2 alone, or beside version 1. */
const ROOTS = { v2: ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'], v1: ['/sys/fs/cgroup/memory'] } as const;
const VMSTAT = '/proc/vmstat';
/** What a shell reports of a process that was ended by SIGKILL, which is what the system sends for want of memory. */
const KILLED = 137;
/** A group without a limit says a number close to 2^63, or `max`. */
const NO_LIMIT_BYTES = 2 ** 60;

type Counter = {
  /** Holds a line `oom_kill N`. */
  readonly file: string;
  /** Holds the limit in bytes; null for the whole machine. */
  readonly limit: string | null;
};

/**
 * Whether the system has killed a process for want of memory. Its log may not be read by everybody, so the counters are
 * compared: `oom_kill` in `memory.events` of the process's control group (cgroup v2), in `memory.oom_control` (v1), else in
 * /proc/vmstat, for all of the machine. That it was this very process is then most likely, not certain.
 */
export class OomWatch {
  readonly #counters: readonly { readonly counter: Counter; readonly before: number }[];

  /** @param pid alive: a process that has ended is in no group. */
  constructor(pid: number) {
    const groups = groupsOf(pid).flatMap(withCount);
    this.#counters = groups.length > 0 ? groups : withCount({ file: VMSTAT, limit: null });
  }

  /** @returns what people are told of it, null when it was not so. */
  killed(code: number | null): string | null {
    if (code !== KILLED) return null;
    const risen = this.#counters.find(({ counter, before }) => (countIn(counter.file) ?? 0) > before);
    if (risen === undefined) return null;
    const limitBytes = limitIn(risen.counter.limit);
    const limit = limitBytes === null ? '' : `, whose group may use ${Math.round(limitBytes / 2 ** 20)} MB`;
    return `the system has killed it for want of memory${limit}`;
  }
}

/** See cgroups(7): `0::/path` of version 2, `4:memory:/path` of version 1. */
function groupsOf(pid: number): readonly Counter[] {
  const lines = (read(`/proc/${pid}/cgroup`) ?? '').split('\n').map((line) => line.split(':'));
  return lines.flatMap(([number, controllers = '', path = '']) => {
    if (number === '0' && controllers === '') {
      return ROOTS.v2.map((root) => ({
        file: join(root, path, 'memory.events'),
        limit: join(root, path, 'memory.max'),
      }));
    }
    if (!controllers.split(',').includes('memory')) return [];
    return ROOTS.v1.map((root) => ({
      file: join(root, path, 'memory.oom_control'),
      limit: join(root, path, 'memory.limit_in_bytes'),
    }));
  });
}

function withCount(counter: Counter): { counter: Counter; before: number }[] {
  const before = countIn(counter.file);
  return before === null ? [] : [{ counter, before }];
}

function countIn(file: string): number | null {
  const [, count] = /^oom_kill (\d+)$/m.exec(read(file) ?? '') ?? [];
  return count === undefined ? null : Number(count);
}

function limitIn(file: string | null): number | null {
  const bytes = file === null ? NaN : Number(read(file) ?? NaN);
  return Number.isFinite(bytes) && bytes < NO_LIMIT_BYTES ? bytes : null;
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // No such group, no such controller, or macOS: it does not tell.
    return null;
  }
}
