import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, rmdirSync, rmSync } from 'node:fs';
import { reach } from '#failpoint';
import { startTimeOf } from '../../home/process-identity.ts';
import { RUN_COOKIE } from '../../kernel/cookies.ts';
import { invariant } from '../../kernel/invariant.ts';
import { runFiles } from './run-files.ts';
import { SHELL, shimArguments } from './shim.ts';

export type SpawnPlan = {
  /** Absolute. Made here with mode 0700; a folder that has already held a run is refused. */
  readonly runDir: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  /**
   * All of the agent's environment; it must hold the cookie. Names that are no shell names (`[A-Za-z_][A-Za-z0-9_]*`)
   * do not survive dash (measured), so they should be refused where they are declared.
   */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: 'fifo' | 'null';
  /** The operator's umask. @default that of this process */
  readonly umask?: number;
};

/** How the shim ended. The agent's own end is in `exit.json`; a shim that was killed has left none. */
export type ShimExit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type SpawnedRun = {
  readonly shimPid: number;
  readonly shimStart: string;
  /** Also called when the exit came first. */
  onExit(report: (exit: ShimExit) => void): void;
};

export interface Spawner {
  /** Rejects with `SpawnRefused` when the system refuses; then nothing is left of the run. */
  spawnRun(plan: SpawnPlan): Promise<SpawnedRun>;
}

export type RefusalKind = 'descriptors' | 'processes' | 'too-big' | 'disk' | 'used-before' | 'other';

export class SpawnRefused extends Error {
  readonly what: RefusalKind;
  constructor(cause: unknown) {
    const code = codeOf(cause);
    const detail = cause instanceof Error ? cause.message : String(cause);
    const what = KINDS[code] ?? 'other';
    super(`The run could not be started: ${detail}${REASONS[what]}`, { cause });
    this.name = 'SpawnRefused';
    this.what = what;
  }
}

/** What the system means, and what to do about it. */
const REASONS: Readonly<Record<RefusalKind, string>> = {
  descriptors: ' (too many files are open: raise ulimit -n, or LimitNOFILE of the unit, and start the daemon anew)',
  processes:
    ' (there is no room for another process: raise ulimit -u, TasksMax of the unit or pids.max, or free memory)',
  'too-big': ' (its arguments and environment are larger than the system takes)',
  disk: '',
  'used-before': '',
  other: '',
};

const KINDS: Readonly<Record<string, RefusalKind>> = {
  EMFILE: 'descriptors',
  ENFILE: 'descriptors',
  EAGAIN: 'processes',
  ENOMEM: 'processes',
  E2BIG: 'too-big',
  ENOSPC: 'disk',
  EDQUOT: 'disk',
  EROFS: 'disk',
  EIO: 'disk',
  EEXIST: 'used-before',
};

/**
 * EMFILE and EAGAIN come as an `error` event of a child without a pid; E2BIG and ENOMEM are thrown (measured on
 * Node 20.20). Both end as the same rejection.
 */
export async function spawnRun(plan: SpawnPlan): Promise<SpawnedRun> {
  invariant(
    plan.env[RUN_COOKIE] === plan.runDir,
    'a run bears its own folder as its cookie, or it could never be swept',
  );
  const outputs = openOutputs(plan.runDir);
  try {
    const child = spawn(SHELL, shimArguments(shimPlan(plan)), options(plan, outputs));
    reach('spawn:forked', plan.runDir);
    return await started(child);
  } catch (cause) {
    discard(plan.runDir);
    throw new SpawnRefused(cause);
  } finally {
    for (const file of outputs) closeSync(file);
  }
}

export const spawner: Spawner = { spawnRun };

const shimPlan = (plan: SpawnPlan): Parameters<typeof shimArguments>[0] => ({
  runDir: plan.runDir,
  stdin: plan.stdin === 'fifo' ? runFiles(plan.runDir).stdin : '/dev/null',
  umask: plan.umask ?? ownUmask(),
  argv: plan.argv,
});

/**
 * `detached` makes a session of its own: a terminal that closes, and a signal to the daemon's group, do not reach it.
 */
const options = (plan: SpawnPlan, [stdout, stderr]: readonly [number, number]): SpawnOptions => ({
  cwd: plan.cwd,
  env: { ...plan.env },
  detached: true,
  stdio: ['ignore', stdout, stderr],
});

/**
 * The output files are opened here and not in the shim: a full disk or a lack of descriptors is then an error with a
 * name. Exclusive creation makes a run folder good for one run only, so a run can never be spawned twice.
 */
function openOutputs(runDir: string): readonly [number, number] {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL;
  const { stdout, stderr } = runFiles(runDir);
  let first: number | null = null;
  try {
    mkdirSync(runDir, { recursive: true, mode: 0o700 });
    first = openSync(stdout, flags, 0o600);
    return [first, openSync(stderr, flags, 0o600)];
  } catch (cause) {
    if (first !== null) closeSync(first);
    if (codeOf(cause) !== 'EEXIST') discard(runDir);
    throw new SpawnRefused(cause);
  }
}

function started(child: ChildProcess): Promise<SpawnedRun> {
  return new Promise((resolve, reject) => {
    // Stays attached: a later 'error' without a listener would end the daemon.
    child.on('error', reject);
    const { pid } = child;
    if (pid === undefined) return;
    // Before any turn of the event loop: until then even a child that has ended is a zombie with a start time.
    const shimStart = startOrEnd(pid);
    // 'exit', never 'close': a grandchild may hold the output files for as long as it likes.
    const exit = new Promise<ShimExit>((ended) => {
      child.once('exit', (code, signal) => ended({ code, signal }));
    });
    child.unref();
    resolve({ shimPid: pid, shimStart, onExit: (report) => void exit.then(report) });
  });
}

/** A process that could not be told from another one later must not live. @throws what the system says. */
function startOrEnd(pid: number): string {
  try {
    return startTimeOf(pid) ?? '';
  } catch (error) {
    process.kill(-pid, 'SIGKILL');
    throw error;
  }
}

/** After a refusal nothing of the run remains; a folder that holds more than we put there is kept. */
function discard(runDir: string): void {
  const { stdout, stderr } = runFiles(runDir);
  try {
    rmSync(stdout, { force: true });
    rmSync(stderr, { force: true });
    rmdirSync(runDir);
  } catch {
    // The refusal is what the caller must hear; empty leftovers fall to the retention of old runs.
  }
}

/** Node has no call that reads the umask without setting it. */
function ownUmask(): number {
  const umask = process.umask(0o077);
  process.umask(umask);
  return umask;
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}
