import { tierOf } from '../kernel/tier.ts';
import { Door, type Outage } from './outage.ts';

/** An agent as the API knows it. */
export type Caller = {
  readonly name: string;
  readonly credential: string;
  /** Null: nobody has said; it is one of any family. */
  readonly model: string | null;
};

/** A request that is turned away, and when one would no longer be. */
export type Refusal = { readonly at: number; readonly kind: Outage['kind']; readonly opensAt: number };

/** In a turn the model is asked again this often, with what its tools have said. */
const ASKS_EVERY_MS = 15_000;
/** How long Claude Code tries by itself before it gives a 401 up; measured, see docs/claude-code.md. */
export const REFUSED_MS = 1_800;
/** After this long the model has said something, when it is let. */
export const FIRST_ANSWER_MS = 4_000;

/** The API towards the agents of a fleet. It knows the outages; nobody else does. */
export class Api {
  readonly #doors: ReadonlyMap<string, Readonly<Record<Outage['kind'], Door>>>;

  constructor(callers: readonly Caller[], outages: readonly Outage[]) {
    this.#doors = new Map(
      callers.map((caller) => {
        const met = outages.filter((outage) => meets(outage, caller));
        const doorOf = (wanted: Outage['kind']): Door => new Door(met.filter(({ kind }) => kind === wanted));
        return [caller.name, { window: doorOf('window'), throttle: doorOf('throttle') }];
      }),
    );
  }

  /** The first request of a turn that is turned away, null when none is. */
  refusalIn(agent: string, startedAt: number, turnMs: number): Refusal | null {
    const doors = this.#doors.get(agent);
    if (doors === undefined) return null;
    const found = (['window', 'throttle'] as const).flatMap((kind): readonly Refusal[] => {
      const at = firstRefused(doors[kind], startedAt, turnMs);
      const opensAt = at === null ? null : doors[kind].opensAt(at);
      return at === null || opensAt === null ? [] : [{ at, kind, opensAt }];
    });
    // A rejection comes before a limit: who is not known has none.
    return found.reduce<Refusal | null>((first, one) => (first === null || one.at < first.at ? one : first), null);
  }
}

const meets = (outage: Outage, { name, credential, model }: Caller): boolean =>
  (outage.agent === null || outage.agent === name) &&
  (outage.credential === null || outage.credential === credential) &&
  (outage.tier === null || model === null || tierOf(model) === outage.tier);

function firstRefused(door: Door, startedAt: number, turnMs: number): number | null {
  let at = startedAt;
  while (at < startedAt + turnMs) {
    const closes = door.closesAt(at);
    if (closes === at) return at;
    // The first request behind the closing; the door may be open again by then.
    at = startedAt + Math.ceil((closes - startedAt) / ASKS_EVERY_MS) * ASKS_EVERY_MS;
    if (!Number.isFinite(at)) return null;
  }
  return null;
}
