import { reach } from '#failpoint';
import type { Command } from '../kernel/commands.ts';
import type { RotationEvent } from '../kernel/events.ts';
import type { Fleet } from '../kernel/fleet.ts';
import { isOver } from '../kernel/ledger.ts';
import { lookAtFiles, removeHalfStaged, workOnFiles, type RotationFiles } from './rotation-files.ts';
import type { Secrets } from './secrets.ts';

export type RotatorOptions = {
  readonly fleet: () => Fleet;
  readonly secrets: Secrets;
  readonly submit: (event: RotationEvent) => Promise<void>;
};

type Order = Extract<Command, { type: 'rotate-files' }>;

const UNKNOWN: RotationFiles = { next: null, current: null, previous: null };

/** Works on the files of rotations, one act after the other, and reports what they hold then. */
export class Rotator {
  readonly #options: RotatorOptions;
  #last: Promise<void> = Promise.resolve();

  constructor(options: RotatorOptions) {
    this.#options = options;
  }

  /** Settles when what was found is reported. */
  obey(order: Order): Promise<void> {
    this.#last = this.#last.then(() => this.#obey(order));
    return this.#last;
  }

  /** What an earlier daemon was at is taken up: the files say how far it had come. */
  async resume(): Promise<void> {
    for (const [credential, { rotation }] of Object.entries(this.#options.fleet().ledger)) {
      if (rotation === null || isOver(rotation)) continue;
      // Where it cannot be removed, the look that follows says what is wrong with the folder.
      await removeHalfStaged(rotation.source).catch(() => undefined);
      await this.#report({ credential, rotation: rotation.id }, rotation.source, null);
    }
  }

  async #obey({ act, credential, rotation: id }: Order): Promise<void> {
    const rotation = this.#options.fleet().ledger[credential]?.rotation ?? null;
    if (rotation?.id !== id) return;
    const secret = act === 'stage' ? this.#options.secrets.staged(rotation.to) : null;
    reach('rotation:begin', act);
    const problem = await workOnFiles(act, rotation.source, secret).then(() => null, reasonOf);
    reach('rotation:worked', act);
    await this.#report({ credential, rotation: id }, rotation.source, problem);
    reach('rotation:end', act);
  }

  async #report(
    name: { readonly credential: string; readonly rotation: string },
    source: string,
    problem: string | null,
  ): Promise<void> {
    const { files, unreadable } = look(source);
    await this.#options.submit({ type: 'rotation-found', ...name, ...files, problem: problem ?? unreadable });
  }
}

function look(source: string): { readonly files: RotationFiles; readonly unreadable: string | null } {
  try {
    return { files: lookAtFiles(source), unreadable: null };
  } catch (error) {
    return { files: UNKNOWN, unreadable: reasonOf(error) };
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
