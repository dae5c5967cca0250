import { durationOf } from '../src/wording/ages.ts';
import type { Notification } from '../src/protocol/api.ts';
import type { AgentRow, EventRow, IncidentRow } from '../src/protocol/rows.ts';
import type { Label, Line } from './page.ts';

/** A process that ended by itself. No incident is opened for it; what proves that it is over is the next answer. */
export type Crash = {
  readonly agent: string;
  readonly run: string;
  readonly what: string;
  /** The message that was in the agent, as far as it was asked one. */
  readonly message: string | null;
  readonly at: string;
  readonly starts: number;
  readonly proof: { readonly run: string; readonly downMs: number } | null;
};

type Told = readonly [Label, string];

const CRASHES: ReadonlySet<string | null> = new Set(['crash', 'signal', 'oom', 'clean']);

/** Makes of the notifications of a daemon what there is to say of them; the times are the daemon's. */
export class Story {
  readonly crashes: Crash[] = [];
  readonly #startedAt: number;
  readonly #messageOf: (agent: string) => string | null;
  readonly #rows = new Map<string, AgentRow>();
  /** Who has just been said to be recovered: the end of that turn says nothing new. */
  readonly #said = new Set<string>();
  readonly #proven = new Set<string>();

  /** @param messageOf the message that an agent was asked last. */
  constructor(startedAt: number, messageOf: (agent: string) => string | null) {
    this.#startedAt = startedAt;
    this.#messageOf = messageOf;
  }

  tell(notification: Notification): readonly Line[] {
    switch (notification.method) {
      case 'agent':
        return this.#onRow(notification.params);
      case 'incident':
        return this.#onIncident(notification.params);
      case 'event':
        return this.#onEvent(notification.params);
      case 'agent-removed':
      case 'board':
      case 'dropped':
        return [];
    }
  }

  #lines(agent: string, at: string, told: readonly Told[]): readonly Line[] {
    const ms = Math.max(0, Date.parse(at) - this.#startedAt);
    return told.map(([label, text]) => ({ ms, agent, label, text }));
  }

  #openCrash(agent: string): number {
    return this.crashes.findIndex((crash) => crash.agent === agent && crash.proof === null);
  }

  #onRow(row: AgentRow): readonly Line[] {
    const { name, lastTurn, run } = row;
    const before = this.#rows.get(name);
    this.#rows.set(name, row);
    const endedAt = lastTurn?.endedAt ?? null;
    if (lastTurn?.outcome === 'good' && endedAt !== null && endedAt !== before?.lastTurn?.endedAt) {
      return this.#lines(name, endedAt, this.#onGoodTurn(name, run ?? '', endedAt));
    }
    const isSuspect = row.incident === null && (row.health === 'suspect' || row.health === 'throttled');
    if (!isSuspect || before?.health === row.health) return [];
    return this.#lines(name, row.since, [['noticed', 'the API refuses its request; Claude Code asks again by itself']]);
  }

  #onGoodTurn(name: string, run: string, endedAt: string): readonly Told[] {
    const at = this.#openCrash(name);
    const crash = this.crashes[at];
    if (crash !== undefined && run !== crash.run) {
      const downMs = Date.parse(endedAt) - Date.parse(crash.at);
      this.crashes[at] = { ...crash, proof: { run, downMs } };
      return [['proven', `process ${run} has answered; down for ${durationOf(downMs)}`]];
    }
    return this.#said.delete(name) ? [] : [['answered', 'its turn ended well']];
  }

  /** Each recovery once; a later notice of its incident has it again. */
  #onIncident({ id, recoveries }: IncidentRow): readonly Line[] {
    return recoveries.flatMap(({ agent, at, failedRequestId, messageId, downMs }) => {
      const key = `${id} ${agent} ${at}`;
      if (this.#proven.has(key)) return [];
      this.#proven.add(key);
      const what = `${messageId ?? 'an answer'} answers what failed as ${failedRequestId ?? 'another request'}`;
      return this.#lines(agent, at, [['proven', `${what}; down for ${durationOf(downMs)}`]]);
    });
  }

  #onEvent(event: EventRow): readonly Line[] {
    const { agent, at, cause } = event;
    if (event.event === 'recovered') this.#said.add(agent);
    if (event.event === 'exited' && CRASHES.has(cause)) this.#addCrash(event);
    const open = this.#openCrash(agent);
    const crash = this.crashes[open];
    if (event.event === 'restarting' && crash !== undefined) {
      this.crashes[open] = { ...crash, starts: crash.starts + 1 };
    }
    return this.#lines(agent, at, toldOf(event, nextIn(this.#rows.get(agent), at)));
  }

  #addCrash({ agent, run, at, detail }: EventRow): void {
    // One that crashes again before it has answered is still in the same trouble.
    if (this.#openCrash(agent) !== -1) return;
    const message = this.#messageOf(agent);
    this.crashes.push({ agent, run: run ?? '', what: detail, message, at, starts: 0, proof: null });
  }
}

function toldOf(event: EventRow, next: string): readonly Told[] {
  const { run, cause, detail } = event;
  switch (event.event) {
    case 'ready':
      return [['ready', `process ${run} listens`]];
    case 'turn-failed':
      return [['noticed', `its turn failed: ${detail}`]];
    case 'exited':
      return CRASHES.has(cause) ? [['noticed', `its process ${run} ended by itself: ${detail}`]] : [];
    case 'stalled':
    case 'message-failed':
    case 'leftovers':
      return [['noticed', detail]];
    case 'incident-opened':
      return [['decided', `${detail}${next === '' ? '' : ` It is asked again ${next}.`}`]];
    case 'waiting':
      return [['decided', `a new process takes up the conversation ${next === '' ? `(${detail})` : next}`]];
    case 'held':
    case 'errored':
      return [['decided', detail]];
    case 'attempt':
      return [['tried', `${detail}: only this agent's process is replaced`]];
    case 'restarting':
      return [['tried', `process ${run} takes up the conversation`]];
    case 'session-changed':
      return [['tried', detail]];
    case 'attempt-failed':
      return [
        ['noticed', `the attempt failed: ${detail}`],
        ['decided', `the next attempt comes ${next === '' ? 'later' : next}`],
      ];
    default:
      // What an operator did, the ends of processes that agentvisor itself ended, and what an incident tells better.
      return [];
  }
}

/** When an agent's next attempt, start or question is planned, as seen from then. */
function nextIn(row: AgentRow | undefined, at: string): string {
  if (row === undefined || row.nextAttemptAt === null) return '';
  const ms = Date.parse(row.nextAttemptAt) - Date.parse(at);
  return ms <= 0 ? 'at once' : `in ${durationOf(ms)}`;
}
