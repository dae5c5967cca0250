import { isAuth } from './causes.ts';
import type { Draft } from './draft.ts';
import type { SeenWindow } from './inspection.ts';
import { elapsedMs, isLater, type Stamp } from './moment.ts';
import type { Gate, Incident } from './trouble.ts';

/** What is remembered of how long windows last: the newest, over all credentials. */
export const WINDOWS_KEPT_MAX = 200;

/**
 * An agent in an incident was answered in a process that began then. What the first attempt has healed was no window. While a
 * person is waited for, it is a person who ends it.
 */
export function noteOpen(draft: Draft, incident: Incident, gate: Gate, startedAt: Stamp): void {
  const { closedAt, held } = gate;
  if (closedAt === null || held || !isLater(startedAt, closedAt)) return;
  note(draft, incident, closedAt, elapsedMs(incident.openedAt, startedAt));
}

/** What ends a window can no longer be seen: nobody tries any more, or with another secret. */
export function noteLost(draft: Draft, incident: Incident, { closedAt, held }: Gate): void {
  if (closedAt !== null && !held) note(draft, incident, closedAt, null);
}

function note(draft: Draft, incident: Incident, closedAt: Stamp, openMs: number | null): void {
  if (!isAuth(incident.cause) || incident.failedAttempts === 0) return;
  const shutMs = elapsedMs(incident.openedAt, closedAt);
  const known = draft.seenWindows.find((window) => window.incident === incident.id);
  // Those who follow are answered later; only when it was shut again meanwhile it has lasted longer.
  if (known !== undefined && (known.openMs === null || known.shutMs >= shutMs)) return;
  const others = draft.seenWindows.filter((window) => window !== known);
  const seen: SeenWindow = { incident: incident.id, shutMs, openMs };
  draft.seenWindows = [...others, seen].slice(-WINDOWS_KEPT_MAX);
}
