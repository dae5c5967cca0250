import type { Command } from '../../src/kernel/commands.ts';
import type { Event } from '../../src/kernel/events.ts';
import type { Fleet } from '../../src/kernel/fleet.ts';
import { isOver, isRotating, recordOf, retiredAt } from '../../src/kernel/ledger.ts';
import { firstSecret, type Api } from './api.ts';
import { CREDENTIALS } from './cast.ts';

/** What an operator wants to rotate to: `used` is one that the credential had before. */
export type NewSecret = 'good' | 'dead' | 'used';
export type Order = Extract<Command, { type: 'rotate-files' }>;
type Found = Extract<Event, { type: 'rotation-found' }>;

type Around = { readonly fleet: Fleet; readonly api: Api; submit(event: Event): void };

/** What the host says of files that it cannot read. */
const UNREADABLE = { next: null, current: null, previous: null };

/** The part of the host that has to do with secrets: it works on the files of rotations, and sees what people do to them. */
export class SecretHost {
  readonly #around: Around;
  readonly #told = new Map<string, string>();

  constructor(around: Around) {
    this.#around = around;
  }

  rotate(credential: string, kind: NewSecret): void {
    const { api } = this.#around;
    const to = kind === 'used' ? firstSecret(credential) : api.makeSecret(credential);
    if (kind === 'dead') api.kill(to);
    const { current: from } = api.filesOf(credential);
    this.#around.submit({ type: 'rotate-asked', credential, source: '/srv/token', from, to });
  }

  undo(credential: string): void {
    this.#around.submit({ type: 'undo-asked', credential });
  }

  /** @param how `fails`: the disk refuses; `cuts`: it does so half way; both: and what it holds cannot be read */
  obey(order: Order, how: { readonly fails: boolean; readonly cuts?: boolean }): void {
    this.#around.submit(this.#work(order, how));
  }

  /** It is done, and the daemon dies before it can say so. */
  obeyUnheard(order: Order, isCut: boolean): void {
    this.#work(order, { fails: false, cuts: isCut });
  }

  #work(order: Order, { fails, cuts }: { readonly fails: boolean; readonly cuts?: boolean }): Found {
    const { api, fleet } = this.#around;
    api.files.problem = fails || cuts === true ? 'the disk refuses' : null;
    const found = api.files.obey(fleet, order, cuts === true);
    return fails && cuts === true ? { ...found, ...UNREADABLE } : found;
  }

  /** What a new daemon reports. */
  takeUp(): void {
    for (const [credential, { rotation }] of Object.entries(this.#around.fleet.ledger)) {
      if (rotation === null || isOver(rotation)) continue;
      this.#around.submit(this.#around.api.files.look(this.#around.fleet, credential));
    }
  }

  /** Somebody writes another secret into the file. */
  replace(credential: string): void {
    this.#around.api.replaceSecret(credential);
    this.look();
  }

  /** Sees what was replaced by hand; not while a rotation is at work there. */
  look(): void {
    for (const { name: credential } of CREDENTIALS) {
      const { fleet, api } = this.#around;
      const fingerprint = api.fingerprint(credential);
      const isKnown = (this.#told.get(credential) ?? firstSecret(credential)) === fingerprint;
      if (isKnown || isRotating(recordOf(fleet, credential))) continue;
      this.#told.set(credential, fingerprint);
      this.#around.submit({ type: 'credential-changed', credential, fingerprint, byPerson: true });
    }
  }

  /** What a process is given that is started now; null for one that was replaced, which is given to nobody. */
  given(credential: string, staged: boolean): string | null {
    const { fleet, api } = this.#around;
    const { next, current } = api.filesOf(credential);
    const fingerprint = (staged ? next : null) ?? current ?? '';
    return retiredAt(fleet, credential, fingerprint) === null ? fingerprint : null;
  }
}
