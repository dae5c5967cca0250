import type { NotifySpec } from '../../kernel/spec.ts';
import { excerpt } from '../../kernel/redaction.ts';
import { channelName } from './body.ts';

type Trouble = { readonly reason: string; readonly lost: number };

const REASON_LENGTH_MAX = 200;
/** In the log all is said that a command wrote to stderr, as far as it was kept. */
const WORDS_LENGTH_MAX = 5_000;

/** Which channels do not take what they are given: complained of when it begins and when a notice is lost. */
export class Troubles {
  readonly #secrets: () => readonly string[];
  readonly #complain: (what: string, error: unknown) => void;
  /** By channel, until it takes a notice again. */
  readonly #troubles = new Map<string, Trouble & { readonly name: string }>();

  constructor(secrets: () => readonly string[], complain: (what: string, error: unknown) => void) {
    this.#secrets = secrets;
    this.#complain = complain;
  }

  lines(): readonly string[] {
    return [...this.#troubles.values()].map(
      ({ name, reason, lost }) => `notify ${name}: ${reason}${lost === 0 ? '' : `; ${lost} given up`}`,
    );
  }

  took(channel: NotifySpec): void {
    this.#troubles.delete(keyOf(channel));
  }

  failed(channel: NotifySpec, detail: string): void {
    const known = this.#troubles.get(keyOf(channel));
    this.#note(channel, detail, known?.lost ?? 0);
    if (known === undefined) this.#say(channel, 'not taken, tried again', detail);
  }

  gaveUp(channel: NotifySpec, notice: string, detail: string): void {
    this.#note(channel, detail, (this.#troubles.get(keyOf(channel))?.lost ?? 0) + 1);
    this.#say(channel, `notice ${notice} is given up`, detail);
  }

  #note(channel: NotifySpec, detail: string, lost: number): void {
    const name = this.#clean(channelName(channel), REASON_LENGTH_MAX);
    this.#troubles.set(keyOf(channel), { name, reason: this.#clean(detail, REASON_LENGTH_MAX), lost });
  }

  #say(channel: NotifySpec, what: string, detail: string): void {
    const text = this.#clean(`${channelName(channel)}: ${what}: ${detail}`, WORDS_LENGTH_MAX);
    this.#complain('notify', text);
  }

  #clean(text: string, max: number): string {
    return excerpt(text, max, this.#secrets());
  }
}

/** The same channel in different notices. */
export const keyOf = (channel: NotifySpec): string => JSON.stringify(channel);
