import { CAUSES, type Action, type Health, type Scope } from '../src/kernel/causes.ts';
import { PROBE_MS } from '../src/kernel/crashes.ts';
import { LONG_INCIDENT_MS, SLOW_ATTEMPT_MS } from '../src/kernel/quiet.ts';
import { TOGETHER_MS } from '../src/kernel/verdict.ts';
import { GENERATED, markdownTable } from './table.ts';

const SCOPES: Readonly<Record<Scope, string>> = {
  session: 'this agent and its conversation only; the others on the same credential work',
  window: 'every new process on this credential, for a while',
  credential: 'the token, key or login itself is no longer good',
  account: 'the account or organisation behind the credential',
  tier: 'one family of models (opus, sonnet, haiku) on one credential',
  upstream: 'more than one credential at the same time: the trouble is on the other side',
  machine: 'this machine: its programs, its memory, its network',
  config: 'what the ecosystem file declares',
};

const ACTIONS: Readonly<Record<Action, string>> = {
  restart: 'a new process goes on with the conversation',
  later: 'the process stays and is asked again, after a growing delay',
  reset: 'the process stays and is asked again when the limit ends',
  hold: 'held: a person is told once, and nothing more is asked of it',
  backoff: 'started again after the crash delay',
  fresh: 'the conversation is forked at its last good answer, then left for a fresh one',
  none: 'nothing',
};

/** In this order they are worth reading. */
const HEALTHS: Readonly<Record<Health, string>> = {
  unknown: 'this process has had no turn yet',
  healthy: 'its last turn was answered',
  suspect: 'rejected in this turn; Claude Code itself is still trying',
  wedged: 'its turn was rejected',
  quiet: 'waits for the next attempt',
  verifying: 'restarted by an incident, has not answered yet',
  throttled: 'limited, overloaded or without a network; is asked again',
  capped: 'the usage limit is reached',
  held: 'a person is needed',
  stalled: 'silent for too long',
};

const minutes = (ms: number): string => (ms % 3_600_000 === 0 ? `${ms / 3_600_000} h` : `${ms / 60_000} min`);

export function causesPage(): string {
  const causes = Object.entries(CAUSES).map(([cause, { scope, health, action, told, todo }]) => [
    `\`${cause}\``,
    scope,
    health ?? '',
    ACTIONS[action],
    told,
    todo,
  ]);
  const words = (table: Readonly<Record<string, string>>): readonly (readonly string[])[] =>
    Object.entries(table).map(([word, meaning]) => [`\`${word}\``, meaning]);
  return `${GENERATED}

# Causes and verdicts

These words stand in \`incidents\`, \`history\`, \`explain\`, \`list --json\` and in [notices](notices.md). What follows from them,
step by step, is in [recovery.md](recovery.md); what you can do is in [operations.md](operations.md).

## How far a trouble reaches

A cause says what failed. The verdict says how far it reaches; the same 401 may be one session's, a window's or the
credential's.

${markdownTable(['verdict', 'who is in it'], words(SCOPES))}

- Rejections count as one trouble when they come within ${TOGETHER_MS / 1000} s.
- After ${minutes(LONG_INCIDENT_MS)} an incident's attempts may be further apart: up to \`auth.quiet.longMax\`.
- Of agents that are held for their credential, one tries every ${minutes(SLOW_ATTEMPT_MS)}, in case it was mended.
- An agent that crashed too often (\`errored\`) is tried every ${minutes(PROBE_MS)}.

## Causes

\`auth-window\` is also the cause of an upstream incident. An empty health means that the cause says nothing about it.

${markdownTable(['cause', 'reach', 'health', 'what agentvisor does', 'what it means', 'what you can do'], causes)}

A hold on the credential, and only that one, is preceded by one restart: a running process never reads a new token.

## Health

${markdownTable(['health', 'meaning'], words(HEALTHS))}
`;
}
