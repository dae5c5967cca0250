import { runOf, type Fleet } from '../kernel/fleet.ts';
import type { RunId } from '../kernel/events.ts';
import { mono, type Mono } from '../kernel/moment.ts';
import type { AgentRow } from '../protocol/rows.ts';
import { agentRow, noUsage } from '../protocol/views.ts';
import type { Clock } from './clock.ts';
import type { AgentUsage, UsageMeter } from './process/usage.ts';

/** A sample this old is still true enough to be shown; a fresh one costs a look at every process of the machine. */
const SAMPLE_MS_MAX = 2_000;

/** What each run's tree uses, and rows with it. Many who ask at once cause one sample. */
export class UsageRows {
  readonly #meter: UsageMeter;
  readonly #clock: Clock;
  readonly #degraded: () => readonly string[];
  #sampledAt: Mono = mono(-Infinity);
  #usage: ReadonlyMap<RunId, AgentUsage> = new Map();
  #sampling: Promise<void> | null = null;

  constructor(meter: UsageMeter, clock: Clock, degraded: () => readonly string[]) {
    this.#meter = meter;
    this.#clock = clock;
    this.#degraded = degraded;
  }

  async rows(fleet: Fleet): Promise<readonly AgentRow[]> {
    const now = this.#clock.now();
    if (this.#isOld()) await this.#sample(fleet).catch(() => this.#forget());
    const degraded = this.#degraded();
    return Object.values(fleet.agents)
      .toSorted((one, other) => one.id - other.id)
      .map((agent) => agentRow(fleet, agent, now, this.#usage.get(runOf(agent.state)?.id ?? '') ?? noUsage, degraded));
  }

  /** What the processes of a run use, null when it cannot be had. */
  async used(fleet: Fleet, run: RunId): Promise<AgentUsage | null> {
    if (this.#isOld() || !this.#usage.has(run)) await this.#sample(fleet);
    return this.#usage.get(run) ?? null;
  }

  /** Without a descriptor nothing can be measured. Who is there must be shown all the same. */
  #forget(): void {
    this.#usage = new Map();
  }

  #isOld(): boolean {
    return this.#clock.now().mono - this.#sampledAt > SAMPLE_MS_MAX;
  }

  async #sample(fleet: Fleet): Promise<void> {
    this.#sampling ??= this.#take(fleet).finally(() => (this.#sampling = null));
    await this.#sampling;
  }

  async #take(fleet: Fleet): Promise<void> {
    const metered = Object.values(fleet.agents).flatMap((agent) => {
      const run = runOf(agent.state);
      // Named by its run, so that a new one is not shown with what the old one used.
      return run === null || run.shim === null ? [] : [{ name: run.id, shimPid: run.shim.pid }];
    });
    const { mono: at } = this.#clock.now();
    this.#usage = await this.#meter.sample(metered, at);
    this.#sampledAt = at;
  }
}
