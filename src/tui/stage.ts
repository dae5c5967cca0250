import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance } from 'ink';
import { Screen } from './screen.ts';
import type { Session } from './session.ts';

/** A window that is dragged changes its size many times; it is painted anew when that has paused. */
const SETTLE_MS = 30;

/** How long the first frame is waited for before Ink, whose loading stops everything else, is loaded. */
const FOUND_MS_MAX = 1_000;

type Paint = (session: Session) => Instance;

/** Brings the frames of a session onto the terminal: the first ones by itself, the others by Ink. */
export class Stage {
  readonly #screen = new Screen(process.stdin);
  #session: Session | null = null;
  #paint: Paint | null = null;
  #ink: Instance | null = null;
  #settling: NodeJS.Timeout | null = null;

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

  /** Paints everything anew: Ink writes only what has changed, and the terminal may have lost what it had. */
  repaint(): void {
    if (this.#settling !== null) clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#settling = null;
      this.#ink?.unmount();
      this.#ink = null;
      this.#mount();
    }, SETTLE_MS);
  }

  /** Gives the terminal to the shell; `fg` brings this back. */
  suspend(): void {
    this.#ink?.unmount();
    this.#ink = null;
    this.#screen.leave();
    process.once('SIGCONT', () => {
      if (this.#session === null) return;
      this.#screen.enter();
      this.repaint();
    });
    // As the terminal itself would: whoever waits for us in the same job stops, too.
    process.kill(0, 'SIGTSTP');
  }

  /** The terminal is as it was. May be called at any time, and twice. */
  readonly close = (): void => {
    this.#session = null;
    if (this.#settling !== null) clearTimeout(this.#settling);
    this.#ink?.unmount();
    this.#ink = null;
    this.#screen.leave();
  };

  #mount(): void {
    if (this.#session === null || this.#paint === null || this.#ink !== null) return;
    this.#screen.clear();
    this.#ink = this.#paint(this.#session);
  }
}

async function loadInk(): Promise<Paint> {
  // Ink paints nothing where it believes to be in a CI; here is a terminal. React is faster without its checks.
  Object.assign(process.env, { CI: 'false', CONTINUOUS_INTEGRATION: 'false', NODE_ENV: 'production' });
  const [{ createElement }, { render }, { App }] = await Promise.all([
    import('react'),
    import('ink'),
    import('./app.tsx'),
  ]);
  return ({ painter, onInput }) =>
    render(createElement(App, { frames: painter, onInput }), {
      exitOnCtrlC: false,
      patchConsole: false,
      incrementalRendering: true,
    });
}
