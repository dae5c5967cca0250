import type { ExitHint } from '../kernel/events.ts';

/** What Claude Code says of its own end; `oom` is the system's to tell. */
export type StderrHint = Exclude<ExitHint, 'oom'>;

/**
 * Anchored at the start of a line. All of these exit with 1 and, but for the last two, before anything is printed that
 * looks like a turn. M: measured on 2.1.195 and 2.1.328. D: a public issue thread.
 */
const HINTS: readonly (readonly [RegExp, StderrHint])[] = [
  [/^(?:Error: )?No conversation found with session ID: /m, 'session-missing'], // M
  [/^(?:Error: )?--resume requires a valid session ID/m, 'session-missing'], // M
  [/^(?:Error: )?No message found with message\.uuid of: /m, 'anchor-missing'], // M
  [/^(?:Error: )?Session ID \S{1,80} is already in use/m, 'session-in-use'], // M
  [/^(?:Error: )?Session .{0,80}is currently running as a background agent/m, 'session-in-use'], // D
  [/^(?:Error: )?Error parsing streaming input line/m, 'input-broken'], // M; 2.1.328 no longer repeats the line itself
];

/** The last bytes of stderr are enough: a process that refuses to start says nothing after it. */
export const classifyExit = (stderrTail: string): StderrHint | null =>
  HINTS.find(([text]) => text.test(stderrTail))?.[1] ?? null;
