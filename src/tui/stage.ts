import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance } from 'ink';
import type { Painted, Patches } from './app.tsx';
import { Canvas } from './canvas.ts';
import type { Patch } from './patch.ts';
import { Screen } from './screen.ts';
import type { Session } from './session.ts';

/** A window that is dragged changes its size many times; it is painted anew when that has paused. */
const SETTLE_MS = 30;

/** How long the first frame is waited for before Ink, whose loading stops everything else, is loaded. */
const FOUND_MS_MAX = 1_000;

/** A process that shall stop has stopped long before this, and goes on from here when it is continued. */
const STOP_MS_MAX = 100;

type Mount = (props: { readonly patches: Patches; readonly canvas: Canvas; readonly session: Session }) => Instance;

/**
 * As few lines as a clock and some ages change each second are put in their places without Ink: code that runs once a second
 * stays cold, and Ink takes 16 ms of processor for them then (`npm run bench:tui`).
 */
const ROWS_WITHOUT_INK = 10;

const NOTHING: Patch = { clears: false, rows: [], lines: [] };

/** Brings the frames of a session onto the terminal: the first ones by itself, the others by Ink; and its keys to the session. */
export class Stage implements Patches {
  readonly #screen = new Screen(process.stdin, process.stdout);
  #session: Session | null = null;
  #ready: Mount | null = null;
  #ink: Instance | null = null;
  #painted: Painted = { number: 0, patch: NOTHING };
  #changed: (() => void) | null = null;
  #settling: NodeJS.Timeout | null = null;
  #returning: NodeJS.Timeout | null = null;

  /** Takes the terminal. Ink takes longer to load than the daemon to answer, so the first frames do without it. */
  async open(session: Session): Promise<void> {
    this.#session = session;
    this.#screen.enter();
    const { painter } = session;
    painter.subscribe(this.#paint);
    painter.touch();
    await Promise.race([session.found, sleep(FOUND_MS_MAX)]);
    this.#ready = await loadInk();
    this.#mount();
  }

  /** Paints everything anew: the terminal may have lost what it had. */
  repaint(): void {
    if (this.#settling !== null) clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#settling = null;
      this.#screen.forget();
      this.#paint();
    }, SETTLE_MS);
  }

  /** Gives the terminal to the shell; `fg` brings this back. */
  suspend(): void {
    this.#unmount();
    this.#screen.leave();
    // As the terminal itself would: whoever waits for us in the same job stops, too.
    process.kill(0, 'SIGTSTP');
    // Who has no shell above that could continue it is not stopped at all; either way it goes on here.
    this.#returning = setTimeout(() => {
      this.#screen.enter();
      this.#paint();
      this.#mount();
    }, STOP_MS_MAX);
  }

  /** The terminal is as it was. May be called at any time, and twice. */
  readonly close = (): void => {
    this.#session = null;
    if (this.#settling !== null) clearTimeout(this.#settling);
    if (this.#returning !== null) clearTimeout(this.#returning);
    this.#unmount();
    this.#screen.leave();
  };

  /** What Ink is to render; asked by it. */
  readonly current = (): Painted => this.#painted;

  readonly subscribe = (changed: () => void): (() => void) => {
    this.#changed = changed;
    return () => (this.#changed = null);
  };

  /** What changed since the last lines that the screen has: a frame that Ink has not rendered yet is in the next patch, too. */
  readonly #paint = (): void => {
    const patch = this.#session === null ? null : this.#screen.patchFor(this.#session.painter.lines());
    if (patch === null) return;
    if (this.#ink === null || patch.rows.length <= ROWS_WITHOUT_INK) return this.#screen.place(patch);
    this.#painted = { number: this.#painted.number + 1, patch };
    this.#changed?.();
  };

  #mount(): void {
    if (this.#session === null || this.#ready === null || this.#ink !== null) return;
    this.#painted = { number: this.#painted.number + 1, patch: NOTHING };
    const canvas = new Canvas(process.stdout, (lines) => {
      if (this.#ink !== null) this.#screen.place({ ...this.#painted.patch, lines });
    });
    this.#ink = this.#ready({ patches: this, canvas, session: this.#session });
    this.#paint();
  }

  #unmount(): void {
    const ink = this.#ink;
    this.#ink = null;
    ink?.unmount();
  }
}

async function loadInk(): Promise<Mount> {
  // React is faster without its checks.
  process.env['NODE_ENV'] = 'production';
  const [{ createElement }, { render }, { App }] = await Promise.all([
    import('react'),
    import('ink'),
    import('./app.tsx'),
  ]);
  return ({ patches, canvas, session: { onInput } }) =>
    render(createElement(App, { patches, onInput }), {
      // It asks no more of a stream than this.
      stdout: canvas as unknown as NodeJS.WriteStream,
      debug: true,
      exitOnCtrlC: false,
      patchConsole: false,
      isScreenReaderEnabled: false,
    });
}
