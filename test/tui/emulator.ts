import { spawn } from '@lydell/node-pty';
import xterm, { type IBufferCell } from '@xterm/headless';

/** How long a screen is waited for. Generous: it says that something does not come, not how fast it is. */
const SCREEN_MS_MAX = 20_000;

export type EmulatorPlan = {
  readonly command: readonly [string, ...string[]];
  readonly columns: number;
  readonly rows: number;
  readonly cwd: string;
  /** All of it; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
};

/** A program in a pseudo-terminal, and the screen that its bytes make. */
export type Emulator = {
  readonly pid: number;
  type(keys: string): void;
  resize(columns: number, rows: number): void;
  /** The lines of the screen as it is now, without blanks at their ends. */
  lines(): readonly string[];
  text(): string;
  cells(): readonly (readonly IBufferCell[])[];
  /** The screen of which it is true, now or later; throws with the last screen when it does not come. */
  until(isThere: (text: string) => boolean, what?: string): Promise<string>;
  /** Calls back with every screen from now on. */
  watch(see: (text: string) => void): void;
  modes(): Modes;
  /** All that the program has written. */
  bytes(): string;
  title(): string;
  readonly ended: Promise<{ readonly code: number; readonly signal: number }>;
  /** The terminal is gone, as when its window is closed. */
  destroy(): void;
  /** Ends what runs in it. */
  close(): void;
};

export type Modes = {
  readonly alternate: boolean;
  readonly cursor: boolean;
  readonly bracketedPaste: boolean;
  readonly wraparound: boolean;
};

/** Starts a program in it. */
export function openEmulator({ command: [file, ...args], columns, rows, cwd, env }: EmulatorPlan): Emulator {
  const terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 1_000, allowProposedApi: true });
  const pty = spawn(file, args, { name: env['TERM'] ?? 'xterm-256color', cols: columns, rows, cwd, env });
  const listeners = new Set<(text: string) => void>();
  let printed = '';
  let title = '';
  terminal.onTitleChange((next) => (title = next));
  // A terminal answers when it is asked.
  terminal.onData((answer) => isOpen && pty.write(answer));
  let isOpen = true;
  pty.onData((data) => {
    printed += data;
    terminal.write(data, () => listeners.forEach((see) => see(text())));
  });
  const ended = new Promise<{ code: number; signal: number }>((done) => {
    pty.onExit(({ exitCode, signal }) => {
      isOpen = false;
      terminal.write('', () => done({ code: exitCode, signal: signal ?? 0 }));
    });
  });
  const cells = (): IBufferCell[][] => {
    const { active } = terminal.buffer;
    return Array.from({ length: terminal.rows }, (_, y) => {
      const row = active.getLine(active.viewportY + y);
      return Array.from({ length: terminal.cols }, (__, x) => row?.getCell(x)).filter((cell) => cell !== undefined);
    });
  };
  const lines = (): string[] => {
    const { active } = terminal.buffer;
    return Array.from({ length: terminal.rows }, (_, y) =>
      (active.getLine(active.viewportY + y)?.translateToString(true) ?? '').trimEnd(),
    );
  };
  const text = (): string => lines().join('\n');
  return {
    pid: pty.pid,
    type: (keys) => (isOpen ? pty.write(keys) : undefined),
    resize: (nextColumns, nextRows) => {
      terminal.resize(nextColumns, nextRows);
      pty.resize(nextColumns, nextRows);
    },
    lines,
    text,
    cells,
    until: (isThere, what = isThere.toString()) =>
      new Promise((found, fail) => {
        const look = (now: string): void => {
          if (!isThere(now)) return;
          listeners.delete(look);
          clearTimeout(limit);
          found(now);
        };
        const limit = setTimeout(() => {
          listeners.delete(look);
          fail(new Error(`not on the screen: ${what}\n${text()}`));
        }, SCREEN_MS_MAX);
        listeners.add(look);
        look(text());
      }),
    watch: (see) => void listeners.add(see),
    modes: () => ({
      alternate: terminal.buffer.active.type === 'alternate',
      cursor: printed.lastIndexOf('\u001b[?25h') >= printed.lastIndexOf('\u001b[?25l'),
      bracketedPaste: terminal.modes.bracketedPasteMode,
      wraparound: terminal.modes.wraparoundMode,
    }),
    bytes: () => printed,
    title: () => title,
    ended,
    // It closes its end of the terminal before it tells the program.
    destroy: () => (pty as unknown as { destroy(): void }).destroy(),
    close: () => {
      if (isOpen) pty.kill('SIGHUP');
      terminal.dispose();
    },
  };
}
