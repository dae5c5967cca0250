import { redact } from '../kernel/redaction.ts';

export type Complain = (what: string, error: unknown) => void;

/** All that a daemon says of itself, on its stderr, which is `daemon.log`: through here, so that no secret stands in it. */
export class DaemonLog {
  #secrets: () => readonly string[] = () => [];

  /** What must not be written down is known by now. */
  redact(secrets: () => readonly string[]): void {
    this.#secrets = secrets;
  }

  readonly complain: Complain = (what, error) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    console.error(`${new Date().toISOString()} ${what}: ${redact(text, this.#secrets())}`);
  };
}
