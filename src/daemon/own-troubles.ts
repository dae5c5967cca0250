import { corruptFiles } from '../home/quarantine.ts';
import { stateFolder } from '../home/paths.ts';
import { identity } from '../home/process-identity.ts';
import type { Fleet } from '../kernel/fleet.ts';
import type { FoundRun } from './process/found-runs.ts';

/** Of what was found since this daemon began, so much is shown. */
const FOUND_SHOWN_MAX = 5;

/** What is not as it should be with agentvisor itself: shown as `degraded` until it is mended. */
export class OwnTroubles {
  readonly #home: string;
  readonly #refusals: () => readonly string[];
  #kept: readonly string[] = [];
  #found: readonly string[] = [];
  #strays: readonly FoundRun[] = [];

  constructor(home: string, refusals: () => readonly string[]) {
    this.#home = home;
    this.#refusals = refusals;
    this.look();
  }

  /** Once a second: damaged files go when a person removes them, processes when they end. */
  look(): void {
    this.#kept = corruptFiles(this.#home);
    this.#strays = this.#strays.filter(({ shimPid, shimStart }) => identity.isAlive(shimPid, shimStart));
  }

  /** Found by this daemon, and to be shown as long as it lives. */
  note(what: readonly string[]): void {
    this.#found = [...this.#found, ...what].slice(-FOUND_SHOWN_MAX);
    this.look();
  }

  /** Their agents are not declared, so nothing can be done with them; they are left alone. */
  noteStrays(strays: readonly FoundRun[]): void {
    this.#strays = strays;
  }

  /** The live run of an agent that is declared at last, null when there is none. */
  takeStray(agent: string): FoundRun | null {
    this.look();
    const stray = this.#strays.find((each) => each.agent === agent) ?? null;
    this.#strays = this.#strays.filter((each) => each !== stray);
    return stray;
  }

  lines({ safeMode }: Pick<Fleet, 'safeMode'>): readonly string[] {
    return [
      ...(safeMode === null
        ? []
        : [`safe mode: ${safeMode.why}; nothing is decided by itself until: agentvisor daemon restart`]),
      ...this.#refusals(),
      ...this.#found.map((what) => `state: ${what}`),
      ...(this.#kept.length === 0
        ? []
        : [
            `state: damaged files are kept: ${this.#kept.join(', ')}; look at them in ${stateFolder(this.#home)} and remove them`,
          ]),
      ...(this.#strays.length === 0 ? [] : [strayText(this.#strays)]),
    ];
  }
}

const strayText = (strays: readonly FoundRun[]): string =>
  `agents: ${strays.map(({ agent, shimPid }) => `${agent} (${shimPid})`).join(', ')} live and are not known any more; take them up again with: agentvisor start FILE`;
