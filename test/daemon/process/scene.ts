import { mkdtempSync, readFileSync, realpathSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import type { RunExit } from '../../../src/daemon/process/run-files.ts';
import { readExit, runFiles, watchRun } from '../../../src/daemon/process/run-files.ts';
import { spawnRun, type SpawnedRun, type SpawnPlan } from '../../../src/daemon/process/spawn.ts';
import { processTable, sweeper } from '../../../src/daemon/process/sweep.ts';

export type StartedRun = SpawnedRun & {
  readonly runDir: string;
  readonly files: ReturnType<typeof runFiles>;
  /** The agent's own pid, from its note. */
  readonly pid: number;
  readonly ended: Promise<RunExit>;
};

export type Scene = {
  readonly dir: string;
  /** A path of a run folder of this scene; whoever bears it as a cookie is ended with the test. */
  readonly runDir: () => string;
  /** Writes a file into the scene's folder and returns its path. */
  readonly file: (name: string, text: string, mode?: number) => string;
  readonly start: (argv: readonly string[], plan?: Partial<SpawnPlan>) => Promise<StartedRun>;
  /** A `sh` script as agent. Its first line of output says that it is ready; resolves after it. */
  readonly startScript: (script: string, plan?: Partial<SpawnPlan>) => Promise<StartedRun>;
};

/**
 * A temporary folder for one test. When the test ends, every bearer of its cookies is ended, the folder goes, and a
 * test that claims to have ended them itself says so with `expectNobodyLeft`.
 */
export function scene(): Scene {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'agentvisor-test-')));
  const runDirs: string[] = [];
  onTestFinished(async () => {
    for (const runDir of runDirs) await sweeper.killBearers(runDir, { except: null });
    const left = await Promise.all(runDirs.map((runDir) => processTable.bearers(runDir)));
    rmSync(dir, { recursive: true, force: true });
    expect(left.flat()).toEqual([]);
  });
  const runDir = (): string => {
    const path = join(dir, 'agents', 'a', 'runs', String(runDirs.length + 1).padStart(6, '0'));
    runDirs.push(path);
    return path;
  };
  const start: Scene['start'] = async (argv, plan = {}) => {
    const ownDir = plan.runDir ?? runDir();
    const env = { PATH: process.env['PATH'] ?? '', ...plan.env, AGENTVISOR_RUN: ownDir };
    const run = await spawnRun({ argv, cwd: dir, stdin: 'null', ...plan, env, runDir: ownDir });
    const { live, ended } = watched(ownDir, run);
    return { ...run, runDir: ownDir, files: runFiles(ownDir), pid: await live, ended };
  };
  return {
    dir,
    runDir,
    file: (name, text, mode = 0o644) => {
      const path = join(dir, name);
      writeFileSync(path, text, { mode });
      return path;
    },
    start,
    startScript: async (script, plan) => {
      const run = await start(['/bin/sh', '-c', script], plan);
      await linesIn(run.files.stdout, 1);
      return run;
    },
  };
}

/** The notes of a run; a shim that ends without one fails the wait for it. */
function watched(runDir: string, run: SpawnedRun): { live: Promise<number>; ended: Promise<RunExit> } {
  const live = deferred<number>();
  const ended = deferred<RunExit>();
  const notes = watchRun(runDir, {
    onLive: live.resolve,
    onExit: (exit) => {
      notes.close();
      ended.resolve(exit);
    },
    onOutput: () => undefined,
    onBlind: live.reject,
  });
  ended.promise.catch(() => undefined);
  run.onExit(({ code, signal }) => {
    notes.check();
    notes.close();
    if (readExit(runDir) === null) ended.reject(new Error(`the shim ended with ${code ?? signal} and left no note`));
    live.reject(new Error('the shim ended before its agent began'));
  });
  return { live: live.promise, ended: ended.promise };
}

type Deferred<T> = {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (cause: unknown) => void;
};

/** Node 20 has no Promise.withResolvers. */
export function deferred<T>(): Deferred<T> {
  const made: Partial<Deferred<T>>[] = [];
  const promise = new Promise<T>((resolve, reject) => made.push({ resolve, reject }));
  return { promise, ...made[0] } as Deferred<T>;
}

/** Resolves with the file's lines when it has so many whole ones. */
export async function linesIn(path: string, count: number): Promise<string[]> {
  const lines = (): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1);
  await fileEvent(path, () => lines().length >= count);
  return lines();
}

/** Resolves when the condition holds, looking at every change of the file. */
export async function fileEvent(path: string, holds: () => boolean): Promise<void> {
  const done = deferred<void>();
  const look = (): void => {
    if (holds()) done.resolve();
  };
  const watcher = watch(dirname(path), look);
  try {
    look();
    await done.promise;
  } finally {
    watcher.close();
  }
}

/** For what gives no notification (the end of a process that is not our child): asks until it holds. The test's time limit bounds it. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await setImmediate();
}

export async function expectNobodyLeft(runDir: string): Promise<void> {
  expect(await processTable.bearers(runDir)).toEqual([]);
}
