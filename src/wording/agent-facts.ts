import type { Description } from '../protocol/api.ts';
import { ageSince, untilThen } from './ages.ts';
import { localTime } from './local-times.ts';

/** Without a daemon nothing but the row is known. */
export type Known = Pick<Description, 'agent'> & {
  readonly [key in Exclude<keyof Description, 'agent'>]: Description[key] | null;
};

/** A null has nothing to say and no line. */
export type Fact = readonly [key: string, value: string | null];

/** What there is to know of one agent, in the order in which people ask. `now`: ms since the epoch. */
export function factsOf({ agent, spec, runFolder, messages }: Known, now: number): readonly Fact[] {
  const { lastTurn } = agent;
  return [
    [
      'state',
      `${agent.state} (wanted ${agent.desired}${agent.paused ? ', paused' : ''}), ${agent.health}, for ${ageSince(agent.since, now)}`,
    ],
    ['namespace', agent.namespace],
    ['mode', agent.mode],
    ['folder', spec?.cwd ?? null],
    ['command', spec?.command?.join(' ') ?? null],
    ['pid', agent.pid === null ? null : String(agent.pid)],
    ['run', agent.run],
    ['run folder', runFolder],
    ['started', agent.startedAt === null ? null : localTime(agent.startedAt)],
    ['restarts', restartsOf(agent)],
    ['last good turn', agent.lastGoodTurnAt === null ? null : localTime(agent.lastGoodTurnAt)],
    [
      'last turn',
      lastTurn === null
        ? null
        : [lastTurn.outcome, lastTurn.cause, lastTurn.status, lastTurn.requestId]
            .filter((part) => part !== null)
            .join(' '),
    ],
    ['messages', messages === null ? `${agent.queued} waiting` : messagesOf(agent, messages)],
    ['next attempt', agent.nextAttemptAt === null ? null : `in ${untilThen(agent.nextAttemptAt, now)}`],
    ['incident', agent.incident],
    [
      'credential',
      agent.credential === null
        ? null
        : [agent.credential.name, agent.credential.fingerprint].filter((part) => part !== null).join(' '),
    ],
    ['session', agent.sessionId],
    ['model', agent.model],
    ['claude', agent.claudeVersion],
    ['cost', agent.costUsd > 0 ? `$${agent.costUsd.toFixed(2)}` : null],
    ['file', spec?.file ?? null],
    ['degraded', agent.degraded.length === 0 ? null : agent.degraded.join('; ')],
  ];
}

/** `17 (12 auth-window, 5 crash)`. */
export function restartsOf({ restarts, restartsByCause }: Description['agent']): string {
  const causes = Object.entries(restartsByCause).map(([cause, times]) => `${times} ${cause}`);
  return causes.length === 0 ? String(restarts) : `${restarts} (${causes.join(', ')})`;
}

function messagesOf({ queued }: Description['agent'], messages: Description['messages']): string {
  const last = messages.at(-1);
  return `${queued} waiting${last === undefined ? '' : `, the last one ${last.state}${last.cause === null ? '' : ` (${last.cause})`}`}`;
}
