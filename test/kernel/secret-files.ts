import type { Command } from '../../src/kernel/commands.ts';
import type { Event } from '../../src/kernel/events.ts';
import type { Fleet } from '../../src/kernel/fleet.ts';

type Order = Extract<Command, { type: 'rotate-files' }>;
type Found = Extract<Event, { type: 'rotation-found' }>;

/** The file of one credential with what a rotation puts beside it: fingerprints, null for no file. */
export type Files = { next: string | null; current: string | null; previous: string | null };

/** A disk on which the secrets of credentials stand. */
export class SecretFiles {
  readonly #files = new Map<string, Files>();
  /** Why nothing can be written any more, null when it can. */
  problem: string | null = null;

  of(credential: string, current: string | null): Files {
    const known = this.#files.get(credential) ?? { next: null, current, previous: null };
    this.#files.set(credential, known);
    return known;
  }

  /** What the host does for an order, and what it reports then. @param isCut it comes half way */
  obey(fleet: Fleet, { act, credential, rotation: id }: Order, isCut = false): Found {
    const rotation = fleet.ledger[credential]?.rotation;
    const files = this.of(credential, rotation?.from ?? null);
    if (rotation?.id === id && isCut) begin(act, files);
    else if (rotation?.id === id && this.problem === null) work(act, files, rotation.to);
    return { type: 'rotation-found', credential, rotation: id, ...files, problem: this.problem };
  }

  /** What a new daemon finds. */
  look(fleet: Fleet, credential: string): Found {
    const rotation = fleet.ledger[credential]?.rotation;
    const files = this.of(credential, rotation?.from ?? null);
    return { type: 'rotation-found', credential, rotation: rotation?.id ?? '', ...files, problem: null };
  }
}

function work(act: Order['act'], files: Files, to: string): void {
  switch (act) {
    case 'stage':
      files.next = to;
      return;
    case 'promote':
      if (files.next === null) return;
      files.previous = files.current;
      files.current = files.next;
      files.next = null;
      return;
    case 'settle':
      files.previous = null;
      return;
    case 'unstage':
      files.next = null;
  }
}

/** Each act is one rename or one unlink, but for what comes before the rename. */
function begin(act: Order['act'], files: Files): void {
  if (act === 'promote' && files.next !== null) files.previous = files.current;
}
