import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished } from 'vitest';
import { shellEnvironment } from '../cli/shells.ts';
import type { Box } from '../box.ts';
import { openEmulator, type Emulator } from './emulator.ts';

export const SCREEN_MS_MAX = 20_000;
export const PROMPT = 'your turn>';

export type TerminalOptions = {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
};

/** A person's environment, and nothing of who runs the tests. */
export const personsEnvironment = (
  { home, userHome }: Pick<Box, 'home' | 'userHome'>,
  env: Readonly<Record<string, string>> = {},
): Record<string, string> => ({
  ...shellEnvironment(home),
  HOME: userHome,
  SHELL: '/bin/bash',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  PS1: `${PROMPT} `,
  ...env,
});

const SHELL = ['bash', '--norc', '--noprofile', '-i'] as const;

/** A shell in a terminal whose screen is reconstructed here; `agentvisor` is on its PATH. */
export async function openShell(box: Box, { columns = 120, rows = 30, env }: TerminalOptions = {}): Promise<Emulator> {
  const emulator = openEmulator({
    command: [...SHELL],
    columns,
    rows,
    cwd: box.dir,
    env: { TERM: 'xterm-256color', ...personsEnvironment(box, env) },
  });
  onTestFinished(async () => {
    emulator.close();
    await emulator.ended;
  });
  await emulator.until((text) => text.includes(PROMPT));
  return emulator;
}

/** `agentvisor monit` in a terminal of its own, without a shell around it. */
export function openMonit(
  box: Box,
  args: readonly string[] = [],
  { columns = 120, rows = 30, env }: TerminalOptions = {},
): Emulator {
  const emulator = openEmulator({
    command: ['agentvisor', 'monit', ...args],
    columns,
    rows,
    cwd: box.dir,
    env: { TERM: 'xterm-256color', ...personsEnvironment(box, env) },
  });
  onTestFinished(async () => {
    emulator.close();
    await emulator.ended;
  });
  return emulator;
}

/** Whether the tests in tmux are skipped; where AGENTVISOR_REQUIRE_TMUX is 1 they may not be. */
export function tmuxIsMissing(): boolean {
  const missing = spawnSync('tmux', ['-V']).status !== 0;
  if (missing && process.env['AGENTVISOR_REQUIRE_TMUX'] === '1') throw new Error('tmux is not installed');
  return missing;
}

/** A shell in a real tmux, seen and used as a person would. */
export type Tmux = {
  /** Keys by tmux's names: `Enter`, `C-c`, `Escape`, `j`. */
  press(...keys: readonly string[]): Promise<void>;
  /** Text as it stands. */
  type(text: string): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  screen(): Promise<string>;
  /** The same with its escape sequences for colours. */
  painted(): Promise<string>;
  /** The screen of which it is true; polls. */
  until(isThere: (screen: string) => boolean, what?: string): Promise<string>;
  /** What tmux knows of the terminal, by the names of its formats. */
  told(format: string): Promise<string>;
  /** Everything, what has scrolled away as well. */
  history(): Promise<string>;
  /** All bytes that the program writes from now on go into this file. */
  record(file: string): Promise<void>;
  /** Closes the window with everything in it, as a person does. */
  close(): Promise<void>;
};

/** A tmux server of its own, that nothing outside has configured; it ends with the test. */
export async function openTmux(box: Box, { columns = 120, rows = 30, env }: TerminalOptions = {}): Promise<Tmux> {
  // The path of its socket must be short.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'av-tmux-')));
  const person = personsEnvironment(box, env);
  const serverEnv = { ...person, LC_ALL: 'C.UTF-8', TMUX_TMPDIR: folder };
  const tmux = async (...args: readonly string[]): Promise<string> =>
    (await promisify(execFile)('tmux', ['-u', '-L', 'test', '-f', '/dev/null', ...args], { env: serverEnv })).stdout;
  onTestFinished(async () => {
    await tmux('kill-server').catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  });
  const variables = Object.entries(person).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const size = ['-x', String(columns), '-y', String(rows)];
  const options = ['set', '-g', 'status', 'off', ';', 'set', '-g', 'remain-on-exit', 'on', ';'];
  await tmux(...options, 'new-session', '-d', ...size, '-c', box.dir, ...variables, ...SHELL);
  const screen = (): Promise<string> => tmux('capture-pane', '-p');
  const terminal: Tmux = {
    press: async (...keys) => void (await tmux('send-keys', ...keys)),
    type: async (text) => void (await tmux('send-keys', '-l', '--', text)),
    resize: async (wide, high) => void (await tmux('resize-window', '-x', String(wide), '-y', String(high))),
    screen,
    painted: () => tmux('capture-pane', '-p', '-e'),
    until: async (isThere, what = isThere.toString()) => {
      let seen = '';
      await expect
        .poll(async () => isThere((seen = await screen())), { timeout: SCREEN_MS_MAX, interval: 40 })
        .toBe(true)
        .catch(() => expect.fail(`not on the screen: ${what}\n${seen}`));
      return seen;
    },
    told: async (format) => (await tmux('display-message', '-p', format)).trimEnd(),
    record: async (file) => void (await tmux('pipe-pane', `cat > ${file}`)),
    close: async () => void (await tmux('kill-server')),
    history: () => tmux('capture-pane', '-p', '-S', '-'),
  };
  await terminal.until((text) => text.includes(PROMPT));
  return terminal;
}
