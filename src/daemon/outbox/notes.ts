import { linkSync, rmSync, writeFileSync } from 'node:fs';
import { readIfThere } from '../../home/ndjson.ts';
import { hasCode } from '../../home/system-error.ts';
import { replaceFile } from '../../home/durable.ts';
import type { Outcome } from './task.ts';

/**
 * Two files beside each other tell everything of a try, whoever has died meanwhile: `.begun` names who has the right to
 * deliver, `.outcome` says what became of it. The first is made by a link, which succeeds once only: either the program
 * that delivers has it or a later daemon that takes the try back, never both.
 */
const begunFile = (notes: string): string => `${notes}.begun`;
const outcomeFile = (notes: string): string => `${notes}.outcome`;

/** A process for good; null: a daemon took the try back, so that nobody delivers. */
export type Holder = { readonly pid: number; readonly start: string; readonly boot: string } | null;

/**
 * @returns false when somebody else has taken it.
 * @throws what the disk says.
 */
export function take(notes: string, holder: Holder): boolean {
  const tmp = `${notes}.${process.pid}.tmp`;
  try {
    writeFileSync(tmp, JSON.stringify({ holder }), { mode: 0o600 });
    linkSync(tmp, begunFile(notes));
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(tmp, { force: true });
  }
}

/** Who has the right to deliver. A note that a power cut has damaged names nobody. */
export function readHolder(notes: string): Holder {
  const value = readJson(begunFile(notes)) as { holder?: Holder } | null;
  return value?.holder ?? null;
}

/** @throws what the disk says. */
export function noteOutcome(notes: string, outcome: Outcome): void {
  replaceFile(outcomeFile(notes), JSON.stringify(outcome));
}

/** null while there is none. */
export function readOutcome(notes: string): Outcome | null {
  const value = readJson(outcomeFile(notes)) as Partial<Outcome> | null;
  return typeof value?.delivered === 'boolean' ? (value as Outcome) : null;
}

/** Only of a try whose program has ended, or one that comes late would take it. */
export function removeNotes(notes: string): void {
  for (const path of [begunFile(notes), outcomeFile(notes)]) rmSync(path, { force: true });
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readIfThere(path) ?? 'null');
  } catch {
    // Damaged or unreadable: it says nothing.
    return null;
  }
}
