import { Api, type Weather } from '../../kernel/api.ts';
import type { Entry, Surroundings } from '../../kernel/process-model.ts';
import type { Machine } from '../os/machine.ts';
import type { Agent } from './agent.ts';

/** What one process has printed to its stdout. */
export type Printed = { readonly agent: string; readonly run: string; bytes: Buffer[] };

/** What befalls the next process of an agent. */
export type Fate = {
  readonly weather?: Weather;
  readonly speechless?: boolean;
  readonly hangs?: boolean;
  readonly leavesBehind?: boolean;
  /** How long it takes to end of a TERM; Infinity: it does not. */
  readonly termMs?: number;
  /** It prints this often while nobody asks it anything. */
  readonly chatterMs?: number;
  readonly startMs?: number;
};

/** A message has its answer, or nobody holds a run any more. */
export type News =
  | { readonly is: 'answered'; readonly agent: string; readonly message: string }
  | { readonly is: 'ended'; readonly agent: string; readonly run: string };

/** All that agents share: the API, the conversations on the disk, and what is remembered of them to be checked. */
export class Town implements Surroundings {
  readonly box: Machine;
  readonly api = new Api();
  readonly sessions = new Map<string, readonly Entry[]>();
  /** Kept by the minds of the agents; what counts is what they have printed. */
  readonly answeredBy: Record<string, number> = {};
  readonly askedFor: Record<string, number> = {};
  /** Messages of which a good result was printed, each time it was. */
  readonly answers = new Map<string, number>();
  /** Told what a daemon must know soon. */
  onNews: (news: News) => void = () => undefined;
  /** Runs whose process has printed a good answer. */
  readonly good = new Set<string>();
  readonly printed = new Map<string, Printed>();
  readonly fates = new Map<string, Fate>();
  readonly agents = new Map<string, Agent>();
  lateExits = 0;
  /** False once a daemon has forgotten what it did: what it then does twice is not its fault. */
  isHonest = true;

  constructor(box: Machine) {
    this.box = box;
  }

  get now(): number {
    return this.box.now;
  }

  get wallNow(): number {
    return this.box.wall;
  }

  told(message: string, agent: string): void {
    this.answers.set(message, (this.answers.get(message) ?? 0) + 1);
    this.onNews({ is: 'answered', agent, message });
  }

  /** How much the kernel knew when it ordered a delivery is not looked at here. */
  wasKnown(): undefined {
    return undefined;
  }
}

const towns = new WeakMap<Machine, Town>();

export function townOf(box: Machine): Town {
  const known = towns.get(box) ?? new Town(box);
  towns.set(box, known);
  return known;
}
