import { setTimeout as sleep } from 'node:timers/promises';
import type { IPty } from '@lydell/node-pty';
import { SIGN_IN_COLUMNS, SIGN_IN_ROWS } from '../../claude/sign-in.ts';
import { hasCode } from '../../home/system-error.ts';
import { AgentvisorError } from '../../protocol/errors.ts';
import { alsoAtExit } from './at-exit.ts';

/** A terminal whose processes were killed and that is still open after this is left to the system. */
const CLOSE_MS_MAX = 2_000;

export type TerminalPlan = {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
};

export type OpenTerminal = {
  readonly type: (keys: string) => void;
  /** Settles when the program has ended and all that it printed was heard. */
  readonly ended: Promise<{ readonly code: number }>;
  /** Kills the program with everything in its group. Settles when it is gone. */
  readonly close: () => Promise<void>;
};

/** Runs a program in a pseudo-terminal. The package that does it is loaded here, and nowhere else. */
export async function openTerminal(plan: TerminalPlan, onBytes: (bytes: Uint8Array) => void): Promise<OpenTerminal> {
  const pty = await spawnIn(plan);
  pty.onData((data: string | Uint8Array) => onBytes(typeof data === 'string' ? Buffer.from(data) : data));
  const ended = new Promise<{ readonly code: number }>((done) => {
    pty.onExit(({ exitCode, signal }) =>
      done({ code: signal === undefined || signal === 0 ? exitCode : 128 + signal }),
    );
  });
  const forget = alsoAtExit(() => killGroup(pty));
  let isOpen = true;
  void ended.then(() => (isOpen = false));
  return {
    // Keys for one that has ended mean nothing.
    type: (keys) => (isOpen ? pty.write(keys) : undefined),
    ended,
    close: async () => {
      isOpen = false;
      killGroup(pty);
      forget();
      const bound = new AbortController();
      await Promise.race([ended, sleep(CLOSE_MS_MAX, undefined, { signal: bound.signal }).catch(() => undefined)]);
      bound.abort();
    },
  };
}

async function spawnIn({ file, args, cwd, env }: TerminalPlan): Promise<IPty> {
  try {
    const { spawn } = await import('@lydell/node-pty');
    return spawn(file, [...args], {
      name: env['TERM'] ?? 'xterm',
      cols: SIGN_IN_COLUMNS,
      rows: SIGN_IN_ROWS,
      cwd,
      env: { ...env },
      // Bytes: null keeps the package from decoding them, though its types promise text.
      encoding: null,
    });
  } catch (cause) {
    const said = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    const nextStep = 'Install agentvisor anew on this machine, or sign in by hand: claude setup-token';
    throw new AgentvisorError('failed', `No pseudo-terminal can be opened (${said}).`, nextStep, cause);
  }
}

/** The program leads its session and so its group: nothing of it is worth a farewell, its folder is thrown away. */
function killGroup({ pid }: IPty): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: all of it is gone. EPERM: macOS says so of a group of zombies.
    if (!hasCode(error, 'ESRCH') && !hasCode(error, 'EPERM')) throw error;
  }
}
