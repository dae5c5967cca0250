import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { readCrashes, crashesSinceAsked, isCrashLoop, recordCrash, type CrashRecord } from '../home/crashes.ts';
import { daemonLog } from '../home/paths.ts';
import { openPlain } from '../home/plain.ts';
import { excerpt } from '../kernel/redaction.ts';
import { VERSION } from '../protocol/version.ts';

/** Set by the keeper: with which code the daemon before this one has ended, as a shell reports it. */
const LAST_CODE = 'AGENTVISOR_DAEMON_ENDED';
/**
 * Ends that a program brings upon itself: ILL, TRAP, ABRT (V8 out of memory, measured), BUS, FPE and SEGV. KILL is not among
 * them: it comes from outside.
 */
const ABORTED: readonly string[] = ['132', '133', '134', '135', '136', '139'];
const LOG_TAIL_BYTES = 65_536;
const WORDS_LENGTH_MAX = 2_000;
const WHY_LENGTH_MAX = 120;
/** What V8 and libuv say right before they abort. */
const LAST_WORDS = /^(?:FATAL ERROR|#\s*Fatal error|.*Assertion .* failed)/;

/** Writes down how daemons of this home crash. Nothing here throws: it is called when all is lost anyway. */
export class CrashRecorder {
  readonly #home: string;
  readonly #complain: (what: string, error: unknown) => void;
  #secrets: () => readonly string[] = () => [];
  /** Kept back: a daemon that dies for want of descriptors could not write that down. */
  #descriptor: number | null = spareDescriptor();

  constructor(home: string, complain: (what: string, error: unknown) => void) {
    this.#home = home;
    this.#complain = complain;
    process.on('uncaughtExceptionMonitor', (error) => this.failed(error));
  }

  /** What must not be written down is known by now. */
  redact(secrets: () => readonly string[]): void {
    this.#secrets = secrets;
  }

  failed(error: unknown): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
    this.#write('exception', process.pid, error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  /** For the new owner of the home. @returns why it must not decide anything, null when it may. */
  lookBack(): string | null {
    const code = process.env[LAST_CODE] ?? '';
    if (ABORTED.includes(code)) this.#write('aborted', 0, `ended with code ${code}: ${lastWords(this.#home)}`);
    try {
      const records = readCrashes(this.#home);
      if (!isCrashLoop(records, Date.now())) return null;
      return `the daemon has crashed again and again (${excerpt(records.at(-1)?.what ?? '', WHY_LENGTH_MAX)})`;
    } catch (error) {
      this.#complain('crashes', error);
      return null;
    }
  }

  /** It was ended on purpose: what was before it does not count any more. */
  asked(): void {
    try {
      if (crashesSinceAsked(readCrashes(this.#home)).length > 0) this.#write('asked', process.pid, '');
    } catch (error) {
      this.#complain('crashes', error);
    }
  }

  #write(how: CrashRecord['how'], pid: number, text: string): void {
    const what = excerpt(text, WORDS_LENGTH_MAX, this.#secrets());
    try {
      recordCrash(this.#home, { at: new Date().toISOString(), pid, version: VERSION, how, what });
    } catch (error) {
      this.#complain('crashes', error);
    }
  }
}

function spareDescriptor(): number | null {
  try {
    return openSync('/dev/null', 'r');
  } catch {
    // There is none to keep, and nothing here may throw.
    return null;
  }
}

/** A child must not take it for its own. */
export function forgetLastCode(): void {
  delete process.env[LAST_CODE];
}

/** Of the daemon that has aborted, in the log that its keeper keeps. */
function lastWords(home: string): string {
  try {
    const fd = openPlain(daemonLog(home), constants.O_RDONLY);
    try {
      const { size } = fstatSync(fd);
      const tail = Buffer.alloc(Math.min(size, LOG_TAIL_BYTES));
      readSync(fd, tail, 0, tail.length, size - tail.length);
      return (
        tail
          .toString('utf8')
          .split('\n')
          .findLast((line) => LAST_WORDS.test(line)) ?? 'no last words'
      );
    } finally {
      closeSync(fd);
    }
  } catch {
    // Without a keeper there is no such log.
    return 'no last words';
  }
}
