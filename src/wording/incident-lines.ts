import type { IncidentRow, RecoveryRow } from '../protocol/rows.ts';
import { ageOf, durationOf } from './ages.ts';
import { count } from './count.ts';
import { localTime } from './local-times.ts';

/** `open since 2026-11-20 06:37:00`, `2026-11-20 06:37:00, closed after 12m`. */
export function lifeOf({ openedAt, closedAt }: IncidentRow): string {
  if (closedAt === null) return `open since ${localTime(openedAt)}`;
  return `${localTime(openedAt)}, closed after ${ageOf(Date.parse(closedAt) - Date.parse(openedAt))}`;
}

/** The request that failed, what was tried, the answer that proves the end of it. */
export function receiptText({ failedRequestId, attempts, messageId, downMs }: Omit<RecoveryRow, 'agent'>): string {
  const tries = count(attempts, 'attempt');
  return `${failedRequestId ?? 'unknown request'} failed, ${tries}, answered by ${messageId ?? 'unknown message'}, down for ${durationOf(downMs)}`;
}

export const receiptLine = (receipt: RecoveryRow): string => `${receipt.agent}: ${receiptText(receipt)}`;
