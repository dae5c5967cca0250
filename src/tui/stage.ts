import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance } from 'ink';
import { Mute } from './mute.ts';
import { Screen } from './screen.ts';
import type { Session } from './session.ts';

/** A window that is dragged changes its size many times; it is painted anew when that has paused. */
const SETTLE_MS = 30;

/** How long the first frame is waited for before Ink, whose loading stops everything else, is loaded. */
const FOUND_MS_MAX = 1_000;

/** A process that shall stop has stopped long before this, and goes on from here when it is continued. */
const STOP_MS_MAX = 100;

type Listen = (session: Session) => Instance;

/** Brings the frames of a session onto the terminal, and its keys to the session. */
export class Stage {
  readonly #screen = new Screen(process.stdin, process.stdout);
  #session: Session | null = null;
  #listen: Listen | null = null;
  #ink: Instance | null = null;
  #settling: NodeJS.Timeout | null = null;
  #returning: NodeJS.Timeout | null = null;

  /** Takes the terminal. Ink takes longer to load than the daemon to answer, so the first frame comes before its keys. */
  async open(session: Session): Promise<void> {
    this.#session = session;
    this.#screen.enter();
    const { painter } = session;
    painter.subscribe(this.#paint);
    painter.touch();
    await Promise.race([session.found, sleep(FOUND_MS_MAX)]);
    this.#listen = await loadInk();
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

  readonly #paint = (): void => {
    if (this.#session !== null) this.#screen.paint(this.#session.painter.lines());
  };

  #mount(): void {
    if (this.#session === null || this.#listen === null || this.#ink !== null) return;
    this.#ink = this.#listen(this.#session);
  }

  #unmount(): void {
    const ink = this.#ink;
    this.#ink = null;
    ink?.unmount();
  }
}

async function loadInk(): Promise<Listen> {
  // React is faster without its checks.
  process.env['NODE_ENV'] = 'production';
  const [{ createElement }, { render }, { App }] = await Promise.all([
    import('react'),
    import('ink'),
    import('./app.tsx'),
  ]);
  return ({ onInput }) =>
    render(createElement(App, { onInput }), {
      stdout: new Mute() as unknown as NodeJS.WriteStream,
      exitOnCtrlC: false,
      patchConsole: false,
      isScreenReaderEnabled: false,
    });
}
