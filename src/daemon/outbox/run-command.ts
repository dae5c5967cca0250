import { spawn, type ChildProcess } from 'node:child_process';
import { trySignal } from '../process/process-table.ts';
import { failed, type Outcome, type Task } from './task.ts';

/** Of what a command writes to stderr the end is kept, to say why it failed. */
export const STDERR_BYTES_MAX = 4096;
/** After its end, for the last words that are still in the pipe; what it left in the background may hold that open. */
const LAST_WORDS_MS = 200;

/** Gives a command the notice as one line on its stdin; delivered when it ends with 0 in time. */
export async function runCommand(command: readonly string[], { body, cwd, limits }: Task): Promise<Outcome> {
  const [file = '', ...args] = command;
  // A group of its own, so that all that it started can be ended with it.
  const child = spawn(file, args, { cwd, env: process.env, detached: true, stdio: ['pipe', 'ignore', 'pipe'] });
  const words = lastWords(child);
  const limit = endAfter(child, limits);
  // One that does not read closes the pipe, which is its right.
  child.stdin.on('error', () => undefined);
  child.stdin.end(`${body}\n`);
  const end = await ended(child);
  if (end === 'ok') {
    limit.settle();
    return { delivered: true };
  }
  const how = limit.settle() ? `took longer than ${limits.commandMs / 1000} s` : end;
  const said = await words();
  return failed(said === '' ? how : `${how}: ${said}`);
}

/** 'ok', or how it ended instead. Of an error the code alone: its message repeats the arguments. */
function ended(child: ChildProcess): Promise<string> {
  return new Promise((done) => {
    child.once('error', (error) => done(`could not be started (${'code' in error ? String(error.code) : error.name})`));
    child.once('exit', (code, signal) => done(code === 0 ? 'ok' : `ended with ${signal ?? code}`));
  });
}

type Limit = {
  /** Calls the limit off. True: it was reached, and nobody of the group is left. */
  settle(): boolean;
};

function endAfter({ pid }: ChildProcess, { commandMs, killMs }: Task['limits']): Limit {
  if (pid === undefined) return { settle: () => false };
  let isReached = false;
  let timer = setTimeout(() => {
    isReached = true;
    trySignal(-pid, 'SIGTERM');
    // A stopped process cannot die of a TERM.
    trySignal(-pid, 'SIGCONT');
    timer = setTimeout(() => trySignal(-pid, 'SIGKILL'), killMs);
  }, commandMs);
  return {
    settle: () => {
      clearTimeout(timer);
      if (isReached) trySignal(-pid, 'SIGKILL');
      return isReached;
    },
  };
}

/** Reads stderr from now on; the answer is its end, without the word that the bound has cut, which may be a secret's rest. */
function lastWords(child: ChildProcess): () => Promise<string> {
  let tail = Buffer.alloc(0);
  let isCut = false;
  const closed = new Promise<void>((done) => child.stderr?.once('close', done));
  child.stderr?.on('data', (bytes: Buffer) => {
    const all = Buffer.concat([tail, bytes]);
    isCut ||= all.length > STDERR_BYTES_MAX;
    tail = all.subarray(-STDERR_BYTES_MAX);
  });
  return async () => {
    await Promise.race([closed, new Promise((done) => setTimeout(done, LAST_WORDS_MS))]);
    const text = tail.toString('utf8');
    return (isCut ? text.replace(/^\S*/, '') : text).trim();
  };
}
