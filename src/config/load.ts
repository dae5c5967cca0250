import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { access, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Ecosystem } from './ecosystem.ts';
import { fileProblem } from './import-failure.ts';
import { FILE_BYTES_MAX, RESULT_FD } from './loader-contract.ts';
import type { Problem } from './problem.ts';

export type LoadResult =
  | { readonly ok: true; readonly ecosystem: Ecosystem; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly file: string; readonly problems: readonly Problem[] };

export type LoadOptions = {
  /**
   * The file is run to read it; longer than this it may not run.
   * @default 10_000
   */
  readonly timeoutMs?: number;
  /**
   * The folder that a relative path is relative to.
   * @default the folder of this process
   */
  readonly cwd?: string;
};

export const CONFIG_EXTENSIONS = ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json'];
const TIMEOUT_MS = 10_000;

/**
 * Runs an ecosystem file in a child process and returns its checked content. The caller's process loads neither the file
 * nor zod nor jiti: an endless loop, a crash or a print in the file costs it nothing.
 */
export async function loadEcosystem(path: string, options: LoadOptions = {}): Promise<LoadResult> {
  const file = resolve(options.cwd ?? process.cwd(), path);
  const refusal = await refuse(file);
  if (refusal !== undefined) return { ok: false, file, problems: [refusal] };
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const outcome = await runChild(file, timeoutMs);
  // The line comes from our own child, which has checked everything in it.
  if (outcome.ended === 'line') return JSON.parse(outcome.line) as LoadResult;
  return { ok: false, file, problems: [explainSilence(file, outcome, timeoutMs)] };
}

/** The ecosystem file of a folder: `ecosystem.ts` before `.mts .js .mjs .cjs .json`. */
export async function findEcosystem(folder: string): Promise<string | undefined> {
  for (const extension of CONFIG_EXTENSIONS) {
    const file = join(folder, `ecosystem${extension}`);
    if (
      await access(file).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return undefined;
}

async function refuse(file: string): Promise<Problem | undefined> {
  if (!CONFIG_EXTENSIONS.includes(extname(file))) {
    return fileProblem(
      file,
      `a name that ends in ${CONFIG_EXTENSIONS.join(' ')}`,
      'is no ecosystem file by its name',
      `rename it, for example to ecosystem.ts`,
    );
  }
  const entry = await stat(file).catch((error: NodeJS.ErrnoException) => error);
  if (entry instanceof Error) {
    const isMissing = entry.code === 'ENOENT' || entry.code === 'ENOTDIR';
    const hint = isMissing ? 'check the path, or write one with: agentvisor init' : 'check who may read it';
    return fileProblem(
      file,
      'a file that can be read',
      isMissing ? 'there is no such file' : `cannot be read (${entry.code})`,
      hint,
    );
  }
  if (!entry.isFile()) return fileProblem(file, 'a file', 'is not a file', 'name the ecosystem file itself');
  if (entry.size <= FILE_BYTES_MAX) return undefined;
  return fileProblem(
    file,
    'a smaller file',
    `is larger than ${FILE_BYTES_MAX / 2 ** 20} MB`,
    'an ecosystem file holds declarations only',
  );
}

type Outcome =
  | { readonly ended: 'line'; readonly line: string }
  | { readonly ended: 'timeout' | 'too-large' }
  | { readonly ended: 'exit'; readonly code: number | null; readonly signal: NodeJS.Signals | null }
  | { readonly ended: 'spawn-failed'; readonly cause: Error };

/** Ends with the first line, the time limit or the child's own end, and only when nobody of its group is left. */
function runChild(file: string, timeoutMs: number): Promise<Outcome> {
  return new Promise((settle) => {
    const child = startChild(file);
    if (child instanceof Error) return settle({ ended: 'spawn-failed', cause: child });
    let outcome: Outcome | undefined;
    const end = (reason: Outcome): void => {
      outcome ??= reason;
      endGroup(child);
    };
    const timer = setTimeout(end, timeoutMs, { ended: 'timeout' });
    let received = '';
    const result = pipesOf(child)?.[RESULT_FD];
    if (result instanceof Readable) {
      result.setEncoding('utf8').on('data', (chunk: string) => {
        received += chunk;
        const newline = received.indexOf('\n');
        if (newline !== -1) end({ ended: 'line', line: received.slice(0, newline) });
        else if (received.length > FILE_BYTES_MAX) end({ ended: 'too-large' });
      });
    }
    child.once('error', (cause) => {
      clearTimeout(timer);
      settle({ ended: 'spawn-failed', cause });
    });
    // What the file left running in its group goes with it, also when it ended by itself.
    child.once('exit', () => endGroup(child));
    // `close`, not `exit`: by then everything that the child wrote has been read.
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      settle(outcome ?? { ended: 'exit', code, signal });
    });
  });
}

/** What the system refuses comes as an event or is thrown: no memory, a folder with a NUL in its name. */
function startChild(file: string): ChildProcess | Error {
  try {
    return spawn(process.execPath, childArguments(file), {
      cwd: dirname(file),
      // Its own process group, so that what the file starts is ended with it.
      detached: true,
      // Never our stdout: with --json it holds JSON and nothing else. The pipes are RESULT_FD and PARENT_FD.
      stdio: ['ignore', 2, 2, 'pipe', 'pipe'],
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Whatever its type says: without a descriptor for them there are none (measured on Node 20.20), and an error follows. */
const pipesOf = (child: ChildProcess): ChildProcess['stdio'] | undefined => child.stdio;

/** From source (tests, development) the child is TypeScript, which Node 20 runs with jiti's hook only. */
function childArguments(file: string): readonly string[] {
  const extension = extname(import.meta.url);
  const child = fileURLToPath(new URL(`./loader-child${extension}`, import.meta.url));
  if (extension === '.js') return [child, file];
  const jiti = dirname(createRequire(import.meta.url).resolve('jiti/package.json'));
  return ['--import', pathToFileURL(join(jiti, 'lib/jiti-register.mjs')).href, child, file];
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: the group is gone, which is what was wanted. EPERM: macOS says so of a group of zombies.
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

function explainSilence(
  file: string,
  outcome: Exclude<Outcome, { readonly ended: 'line' }>,
  timeoutMs: number,
): Problem {
  const expected = 'a file that gives its content and ends';
  switch (outcome.ended) {
    case 'timeout':
      return fileProblem(
        file,
        expected,
        `did not finish within ${timeoutMs / 1000} s`,
        'it is run to read it: it must not wait or loop',
      );
    case 'too-large':
      return fileProblem(
        file,
        expected,
        `gives more than ${FILE_BYTES_MAX / 2 ** 20} MB`,
        'an ecosystem file holds declarations only',
      );
    case 'spawn-failed':
      return fileProblem(
        file,
        expected,
        `could not be read: ${outcome.cause.message}`,
        'try again; this machine may be out of processes, memory or open files (ulimit -n)',
      );
    case 'exit': {
      // 13: Node's code for a top-level await that nothing will ever settle.
      if (outcome.code === 13)
        return fileProblem(file, expected, 'waits for a promise that never settles', 'settle it, or remove the await');
      const how = outcome.signal ?? `exit code ${outcome.code}`;
      return fileProblem(
        file,
        expected,
        `ended the process that reads it (${how})`,
        'remove process.exit() and the like from it',
      );
    }
  }
}
