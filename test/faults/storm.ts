import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../../src/client/client.ts';
import type { Api } from '../../src/protocol/api.ts';
import type { Dice } from '../../src/simulate/dice.ts';
import type { Box } from '../box.ts';
import { foregroundDaemon, type ForegroundDaemon } from '../daemon/foreground.ts';
import { liveRuns } from './pass-rule.ts';

/** Verbs and deaths in an order that follows from a seed, done to a real daemon over its socket. */

const VERBS = ['start', 'stop', 'restart', 'reload', 'pause', 'resume', 'reset'] as const;
const VICTIMS = ['agent', 'shim', 'both'] as const;

export type Deed =
  | { readonly verb: (typeof VERBS)[number]; readonly agent: string }
  | { readonly kill: (typeof VICTIMS)[number]; readonly agent: string }
  | { readonly kill: 'daemon' };

const DEATHS_PER_VERB = 0.15;

/** So many verbs, deaths of agents between them, and so many of the daemon. */
export function drawn({ roll }: Dice, agents: readonly string[], verbs: number, daemonDeaths: number): readonly Deed[] {
  const one = <T>(choices: readonly T[]): T => choices[Math.floor(roll() * choices.length)] as T;
  const fatal = new Set(Array.from({ length: daemonDeaths }, () => Math.floor(roll() * verbs)));
  return Array.from({ length: verbs }, (_, index): readonly Deed[] => [
    ...(fatal.has(index) ? [{ kill: 'daemon' } as const] : []),
    ...(roll() < DEATHS_PER_VERB ? [{ kill: one(VICTIMS), agent: one(agents) }] : []),
    { verb: one(VERBS), agent: one(agents) },
  ]).flat();
}

type Request = {
  readonly deed: Extract<Deed, { verb: string }>;
  readonly isDone: () => boolean;
  readonly settled: Promise<void>;
};

/** So many verbs are under way at a time: many of them for agents that still obey the last one. */
const AT_ONCE = 12;
const ANSWER_MS_MAX = 30_000;

export class Storm {
  readonly #own: Box;
  #daemon: ForegroundDaemon;
  #client: Client;
  #open: Request[] = [];
  /** What the last verb of each agent asks for. */
  readonly wanted = new Map<string, 'up' | 'down'>();
  readonly paused = new Set<string>();
  deaths = 0;

  constructor(own: Box, daemon: ForegroundDaemon) {
    this.#own = own;
    this.#daemon = daemon;
    this.#client = own.client();
  }

  async do(deed: Deed): Promise<void> {
    if ('verb' in deed) await this.#ask(deed);
    else if (deed.kill === 'daemon') await this.#killDaemon();
    else this.#kill(deed.agent, deed.kill);
  }

  /** Nobody is left alone, and all that was asked was answered. */
  async end(): Promise<void> {
    for (const agent of this.paused) await this.#ask({ verb: 'resume', agent });
    await this.#answered(0);
  }

  async #ask(deed: Extract<Deed, { verb: string }>): Promise<void> {
    await this.#answered(AT_ONCE - 1);
    const { verb, agent } = deed;
    if (verb === 'pause') this.paused.add(agent);
    else if (verb === 'resume') this.paused.delete(agent);
    else if (verb !== 'reset') this.wanted.set(agent, verb === 'stop' ? 'down' : 'up');
    this.#send(deed);
  }

  #send(deed: Extract<Deed, { verb: string }>): void {
    let done = false;
    const settled = call(this.#client, deed).then(
      () => void (done = true),
      // Lost with its daemon: the next one is asked.
      () => undefined,
    );
    this.#open.push({ deed, isDone: () => done, settled });
  }

  /** Waits until so many at most are unanswered. */
  async #answered(openMax: number): Promise<void> {
    const patience = AbortSignal.timeout(ANSWER_MS_MAX);
    for (;;) {
      this.#open = this.#open.filter(({ isDone }) => !isDone());
      if (this.#open.length <= openMax) return;
      if (patience.aborted) throw new Error(`never answered: ${JSON.stringify(this.#open.map(({ deed }) => deed))}`);
      await Promise.race([...this.#open.map(({ settled }) => settled), sleep(100)]);
    }
  }

  async #killDaemon(): Promise<void> {
    this.deaths += 1;
    await this.#daemon.killed();
    await Promise.all(this.#open.map(({ settled }) => settled));
    const lost = this.#open.filter(({ isDone }) => !isDone());
    this.#daemon = await foregroundDaemon(this.#own);
    this.#client = this.#own.client();
    this.#open = [];
    // What was asked of the dead one may or may not have been done; asked again in the same order it comes to the same.
    for (const { deed } of lost) this.#send(deed);
  }

  #kill(name: string, victim: (typeof VICTIMS)[number]): void {
    const pids = liveRuns(this.#own.home)
      .filter(({ agent }) => agent === name)
      .map(({ pid }) => pid)
      .toSorted((one, other) => one - other);
    // The shim is the first of its run.
    const victims = { shim: pids.slice(0, 1), agent: pids.slice(1), both: pids }[victim];
    for (const pid of victims) {
      try {
        process.kill(pid, 'SIGKILL');
        this.deaths += 1;
      } catch {
        // It has ended meanwhile.
      }
    }
  }
}

function call(client: Client, { verb, agent }: Extract<Deed, { verb: string }>): Promise<Api['start']['result']> {
  const targets = [agent];
  switch (verb) {
    case 'start':
    case 'stop':
    case 'reset':
      return client.call(verb, { targets });
    case 'restart':
      return client.call('restart', { targets, how: 'now', reason: null });
    case 'reload':
      return client.call('restart', { targets, how: 'after-turn', reason: null });
    case 'pause':
    case 'resume':
      return client.call('pause', { targets, paused: verb === 'pause' });
  }
}
