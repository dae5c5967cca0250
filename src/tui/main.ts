import type { Environment } from '../home/paths.ts';
import { initialModel } from './initial.ts';
import type { Size } from './line.ts';
import { Session } from './session.ts';
import { Stage } from './stage.ts';

export type WatchOptions = {
  readonly home: string;
  readonly env: Environment;
  /** Nothing is changed from here. */
  readonly readonly: boolean;
};

/** 128 and the number of the signal, as a shell tells it. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * The terminal UI, from its begin until a person has seen enough. The terminal is as it was before, whatever ends it.
 *
 * @returns the exit code.
 */
export async function watchFleet({ home, env, readonly }: WatchOptions): Promise<number> {
  const stage = new Stage();
  const session = new Session({
    home,
    model: initialModel(env, sizeOf(process.stdout), Date.now(), readonly),
    onTerminal: (effect) => stage[effect](),
  });
  const resized = (): void => {
    session.dispatch({ type: 'resized', size: sizeOf(process.stdout) });
    stage.repaint();
  };
  const ended = Promise.race([session.ended.then(() => 0), untilSignal(), untilCrash()]);
  process.once('exit', stage.close);
  process.stdout.on('resize', resized);
  // A terminal that was closed: nothing can be read or written any more.
  process.stdin.once('end', () => session.quit());
  try {
    return await Promise.race([stage.open(session).then(() => ended), ended]);
  } finally {
    process.stdout.off('resize', resized);
    process.off('exit', stage.close);
    session.close();
    stage.close();
  }
}

function untilSignal(): Promise<number> {
  return new Promise((resolve) => {
    for (const [signal, code] of Object.entries(SIGNALS)) process.once(signal, () => resolve(code));
  });
}

/** Our own bug: the terminal is given back first, then it is told. */
function untilCrash(): Promise<never> {
  return new Promise((_, reject) => {
    process.once('uncaughtException', reject);
    process.once('unhandledRejection', reject);
  });
}

/** A terminal that does not tell its size is taken for the smallest usual one. */
const sizeOf = ({ columns, rows }: { columns?: number; rows?: number }): Size => ({
  columns: columns !== undefined && columns > 0 ? columns : 80,
  rows: rows !== undefined && rows > 0 ? rows : 24,
});
