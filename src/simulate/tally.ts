import type { Refusal } from './api.ts';
import { Door, type Outage } from './outage.ts';
import type { Asked } from './workload.ts';

/** One agent from its first refusal until it is answered again. */
type Down = {
  readonly agent: string;
  readonly kind: Outage['kind'];
  readonly from: number;
  /** When the last door that it found closed opened. */
  opensAt: number;
  until: number;
};

export type Spread = { readonly meanMs: number; readonly p95Ms: number };

/** What became of a fleet under a policy. The field names are a contract: `simulate --json` prints them. */
export type Outcome = {
  /** New processes that were started because of a window. */
  readonly attempts: number;
  readonly attemptsPerWindow: number;
  /** Those of them that found it closed. */
  readonly intoClosedDoor: number;
  readonly intoClosedDoorPerWindow: number;
  /** How often an agent was down because of a window. */
  readonly timesDown: number;
  /** All of that, of all agents. */
  readonly downMs: number;
  /** How long an agent was still down when the door was open again. */
  readonly beyond: Spread;
  /** Messages that were turned away, or came while their agent was down. */
  readonly messagesDelayed: number;
  /** The same of throttles: no restart ends one. */
  readonly throttled: { readonly timesDown: number; readonly downMs: number; readonly restarts: number };
};

/** Counts what happens to the agents, for whatever policy. */
export class Tally {
  readonly #down = new Map<string, Down>();
  readonly #over: Down[] = [];
  readonly #refused = new Set<string>();
  #attempts = 0;
  #intoClosedDoor = 0;
  #throttledRestarts = 0;

  /** A request was turned away, and the turn has failed by that. */
  refused(
    agent: string,
    at: number,
    refusal: Refusal,
    how: { readonly id: string; readonly isAttempt: boolean },
  ): void {
    const { kind, opensAt } = refusal;
    this.#refused.add(how.id);
    const known = this.#down.get(agent);
    if (how.isAttempt && kind === 'window') this.#intoClosedDoor += 1;
    if (known?.kind === 'throttle' && kind === 'window') this.answered(agent, at);
    const down = this.#down.get(agent);
    if (down === undefined) this.#down.set(agent, { agent, kind, from: at, opensAt, until: at });
    else down.opensAt = Math.max(down.opensAt, opensAt);
  }

  /** A new process is started because of the trouble that the agent is in. */
  attempted(agent: string): void {
    if (this.#down.get(agent)?.kind === 'throttle') this.#throttledRestarts += 1;
    else this.#attempts += 1;
  }

  answered(agent: string, at: number): void {
    const down = this.#down.get(agent);
    if (down === undefined) return;
    down.until = at;
    this.#over.push(down);
    this.#down.delete(agent);
  }

  /** @param until who is still down then is not looked at any longer */
  outcome(asked: readonly Asked[], windows: number, until: number): Outcome {
    for (const agent of this.#down.keys()) this.answered(agent, until);
    const [down, throttled] = (['window', 'throttle'] as const).map((wanted) =>
      this.#over.filter(({ kind }) => kind === wanted),
    ) as [Down[], Down[]];
    const perWindow = (count: number): number => (windows === 0 ? 0 : count / windows);
    return {
      attempts: this.#attempts,
      attemptsPerWindow: perWindow(this.#attempts),
      intoClosedDoor: this.#intoClosedDoor,
      intoClosedDoorPerWindow: perWindow(this.#intoClosedDoor),
      timesDown: down.length,
      downMs: sum(down.map(lengthOf)),
      beyond: spreadOf(down.map(({ until: end, opensAt }) => Math.max(0, end - opensAt))),
      messagesDelayed: this.#delayed(asked),
      throttled: {
        timesDown: throttled.length,
        downMs: sum(throttled.map(lengthOf)),
        restarts: this.#throttledRestarts,
      },
    };
  }

  #delayed(asked: readonly Asked[]): number {
    const agents = [...new Set(asked.map(({ agent }) => agent))];
    const times = new Map(agents.map((agent) => [agent, new Door(this.#over.filter((down) => down.agent === agent))]));
    return asked.filter(({ id, agent, at }) => this.#refused.has(id) || times.get(agent)?.opensAt(at) != null).length;
  }
}

const lengthOf = ({ from, until }: Down): number => until - from;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function spreadOf(numbers: readonly number[]): Spread {
  const rising = numbers.toSorted((one, other) => one - other);
  if (rising.length === 0) return { meanMs: 0, p95Ms: 0 };
  return { meanMs: sum(rising) / rising.length, p95Ms: rising[Math.ceil(rising.length * 0.95) - 1] ?? 0 };
}
