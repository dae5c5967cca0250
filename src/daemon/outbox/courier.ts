import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Identity } from '../../home/process-identity.ts';
import { RUN_COOKIE } from '../../kernel/cookies.ts';
import type { Sweeper } from '../process/sweep.ts';
import { readHolder, readOutcome, take } from './notes.ts';
import { EXIT, failed, type Outcome, type Task, type TaskLimits } from './task.ts';

/** What became of a try; void: it never began and never will. */
export type Fate = Outcome | 'void';

export type CourierOptions = {
  readonly identity: Identity;
  readonly sweeper: Pick<Sweeper, 'killBearers'>;
  /** All that the program and a command see of the daemon's environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: TaskLimits;
};

const PROGRAM = fileURLToPath(new URL('./deliver.js', import.meta.url));
/** Beyond its own limits the program gets this, on a machine that hardly moves, until it is taken for stuck. */
const PATIENCE_MS = 30_000;
const POLL_MS = 100;

/** Sends a program out for a try, and finds those again that an earlier daemon has sent. */
export class Courier {
  readonly #options: CourierOptions;
  readonly #program: string;

  constructor(options: CourierOptions, program = PROGRAM) {
    this.#options = options;
    this.#program = program;
  }

  /** @param mark which notes the try has; also the mark of its processes. */
  async send(mark: string, task: Omit<Task, 'notes' | 'limits'>, hasNotes: boolean): Promise<Fate> {
    const { limits } = this.#options;
    const told: Task = { ...task, notes: hasNotes ? mark : null, limits };
    const code = await this.#within(mark, this.#run(mark, told));
    if (code === EXIT.noNotes) return this.send(mark, task, false);
    const outcome = readOutcome(mark);
    if (outcome !== null) return outcome;
    switch (code) {
      case EXIT.delivered:
        return { delivered: true };
      case EXIT.forbidden:
        return 'void';
      case EXIT.failed:
        return failed('it failed, and the disk did not take why');
      default:
        return this.#lost(mark, `its process ended with ${code}`);
    }
  }

  /**
   * The fate of a try that an earlier daemon began. Null: whoever asked has gone before it was known.
   *
   * @throws what the disk says when the try cannot be taken back.
   */
  async find(mark: string, boot: string, gone: AbortSignal): Promise<Fate | null> {
    const outcome = readOutcome(mark);
    if (outcome !== null) return outcome;
    if (take(mark, null)) return 'void';
    const holder = readHolder(mark);
    if (holder === null) return 'void';
    if (holder.boot !== boot) return failed('the machine went down in the middle');
    const isAlive = (): boolean => this.#options.identity.isAlive(holder.pid, holder.start);
    const ended = (async () => {
      while (isAlive() && !gone.aborted) await delay(POLL_MS);
    })();
    await this.#within(mark, ended);
    if (gone.aborted) return readOutcome(mark);
    // It notes the outcome before it ends, so one that has ended has noted it.
    return readOutcome(mark) ?? this.#lost(mark, 'its process was killed');
  }

  /** Nobody knows what it has done. What it began must not go on beside the next try. */
  async #lost(mark: string, detail: string): Promise<Outcome> {
    await this.#options.sweeper.killBearers(mark, { except: null });
    return failed(detail);
  }

  /** The exit code or signal of the program. */
  #run(mark: string, task: Task): Promise<number | string> {
    return new Promise((ended, refused) => {
      // A session of its own: neither a closed terminal nor a signal to the daemon's group reaches it.
      const child = spawn(process.execPath, [this.#program], {
        cwd: '/',
        detached: true,
        env: { ...this.#options.environment, [RUN_COOKIE]: mark },
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      child.once('error', refused);
      child.once('exit', (code, signal) => ended(code ?? signal ?? ''));
      // One that was killed at once; its exit says so.
      child.stdin.on('error', () => undefined);
      child.stdin.end(`${JSON.stringify(task)}\n`);
      child.unref();
    });
  }

  async #within<T>(mark: string, ended: Promise<T>): Promise<T> {
    const { limits, sweeper } = this.#options;
    const longest = Math.max(limits.commandMs + limits.killMs, limits.postMs) + PATIENCE_MS;
    const stuck = setTimeout(() => void sweeper.killBearers(mark, { except: null }).catch(() => undefined), longest);
    stuck.unref();
    try {
      return await ended;
    } finally {
      clearTimeout(stuck);
    }
  }
}
