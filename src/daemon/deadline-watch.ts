import { credentialRecords } from '../box/credential-record.ts';
import { secretInPlace } from '../box/secret-in-place.ts';
import type { WorldEvent } from '../kernel/events.ts';
import type { Fleet } from '../kernel/fleet.ts';
import { recordOf, usersOf } from '../kernel/ledger.ts';
import { after, isDue, wall, type MonoDeadline } from '../kernel/moment.ts';
import type { CredentialSpec } from '../kernel/spec.ts';
import type { Clock } from './clock.ts';
import type { Secrets } from './secrets.ts';

/** How often files are looked at though nothing has changed that agentvisor knows of. */
export const LOOK_MS = 5 * 60_000;

export type DeadlineWatchOptions = {
  readonly home: string;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly fleet: () => Fleet;
  readonly submit: (event: WorldEvent) => Promise<void>;
};

/** Tells when the credentials in use end, whenever that has become another time. Files are read and nothing is run or asked. */
export class DeadlineWatch {
  readonly #options: DeadlineWatchOptions;
  #seen: Fleet | null = null;
  #known = '';
  #next: MonoDeadline | null = null;

  constructor(options: DeadlineWatchOptions) {
    this.#options = options;
  }

  /** Looks when it is time, or when other credentials or other secrets are in use. */
  check(): void {
    const now = this.#options.clock.now();
    const isTime = this.#next === null || isDue(this.#next, now);
    const fleet = this.#options.fleet();
    if (!isTime && fleet === this.#seen) return;
    this.#seen = fleet;
    const used = inUse(fleet);
    const known = JSON.stringify(used.map((spec) => [spec, ...signsOfChange(fleet, spec.name)]));
    if (!isTime && known === this.#known) return;
    this.#known = known;
    this.#next = after(now, LOOK_MS);
    for (const spec of used) this.#look(fleet, spec, now.wall);
  }

  #look(fleet: Fleet, spec: CredentialSpec, now: number): void {
    const { home, secrets, submit } = this.#options;
    const record = credentialRecords(fleet, home)(spec);
    const { endsAt } = secretInPlace(fleet, spec, record, secrets.ofSources([spec]), now);
    if (endsAt === (recordOf(fleet, spec.name).deadline?.at ?? null)) return;
    void submit({ type: 'deadline-seen', credential: spec.name, at: endsAt === null ? null : wall(endsAt) });
  }
}

/** What changes when another secret is given out, or takes another one's place. */
const signsOfChange = (fleet: Fleet, name: string): readonly (string | null)[] => [
  recordOf(fleet, name).rotation?.stage ?? null,
  ...usersOf(fleet, name).map((user) => user.fingerprint),
];

const inUse = (fleet: Fleet): readonly CredentialSpec[] =>
  Object.values(fleet.credentials).filter(({ name }) => usersOf(fleet, name).some(({ desired }) => desired === 'up'));
