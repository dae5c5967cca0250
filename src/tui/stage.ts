import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance } from 'ink';
import { Canvas } from './canvas.ts';
import { Screen } from './screen.ts';
import type { Session } from './session.ts';

/** A window that is dragged changes its size many times; it is painted anew when that has paused. */
const SETTLE_MS = 30;

/** How long the first frame is waited for before Ink, whose loading stops everything else, is loaded. */
const FOUND_MS_MAX = 1_000;

/** A process that shall stop has stopped long before this, and goes on from here when it is continued. */
const STOP_MS_MAX = 100;

type Paint = (session: Session, screen: Screen) => Instance;

/** Brings the frames of a session onto the terminal: the first ones by itself, the others by Ink. */
export class Stage {
  readonly #screen = new Screen(process.stdin, process.stdout);
  #session: Session | null = null;
  #paint: Paint | null = null;
  #ink: Instance | null = null;
  #settling: NodeJS.Timeout | null = null;
  #returning: NodeJS.Timeout | null = null;

  /** Takes the terminal. Ink takes longer to load than the daemon to answer, so the first frames do without it. */
  async open(session: Session): Promise<void> {
    this.#session = session;
    this.#screen.enter();
    const { painter } = session;
    const unsubscribe = painter.subscribe(() => this.#screen.paint(painter.lines()));
    painter.touch();
    await Promise.race([session.found, sleep(FOUND_MS_MAX)]);
    this.#paint = await loadInk();
    unsubscribe();
    this.#mount();
  }

  /** Paints everything anew: the terminal may have lost what it had. */
  repaint(): void {
    if (this.#settling !== null) clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#settling = null;
      this.#screen.forget();
      this.#screen.paint(this.#session?.painter.lines() ?? []);
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

  #mount(): void {
    if (this.#session === null || this.#paint === null || this.#ink !== null) return;
    this.#ink = this.#paint(this.#session, this.#screen);
  }

  #unmount(): void {
    const ink = this.#ink;
    this.#ink = null;
    ink?.unmount();
  }
}

async function loadInk(): Promise<Paint> {
  // React is faster without its checks.
  process.env['NODE_ENV'] = 'production';
  const [{ createElement }, { render }, { App }] = await Promise.all([
    import('react'),
    import('ink'),
    import('./app.tsx'),
  ]);
  return ({ painter, onInput }, screen) => {
    const canvas = new Canvas(process.stdout, (lines) => screen.paint(lines));
    return render(createElement(App, { frames: painter, onInput }), {
      stdout: canvas as unknown as NodeJS.WriteStream,
      debug: true,
      exitOnCtrlC: false,
      patchConsole: false,
      isScreenReaderEnabled: false,
    });
  };
}
