import { durationOf } from '../src/wording/ages.ts';
import type { MessageOutcome } from '../src/protocol/api.ts';
import type { IncidentRow } from '../src/protocol/rows.ts';
import type { Crash } from './story.ts';

/** What became of one agent's trouble. */
export type Receipt = { readonly agent: string; readonly text: string; readonly proven: boolean };

const MESSAGE_ID_SHOWN = 8;

/** One for each agent of each incident, from the daemon's own list. */
export function receiptsOf(incidents: readonly IncidentRow[]): readonly Receipt[] {
  return incidents
    .filter(({ mergedInto }) => mergedInto === null)
    .flatMap((incident) => incident.agents.map((agent) => receiptOf(incident, agent)));
}

function receiptOf(incident: IncidentRow, agent: string): Receipt {
  const { cause, closedAt, recoveries, attempts, firstRequestId } = incident;
  const receipt = closedAt === null ? undefined : recoveries.findLast((each) => each.agent === agent);
  if (receipt === undefined) {
    const tries = processes(attempts.filter((attempt) => attempt.agent === agent).length);
    const text = `${cause}: ${firstRequestId ?? 'a request'} failed -> ${tries} -> no answer, not proven`;
    return { agent, text, proven: false };
  }
  const { failedRequestId, messageId, downMs } = receipt;
  const failed = `${cause}: ${failedRequestId ?? 'a request'} failed`;
  const answered = `answered by ${messageId ?? 'a message'}, down for ${durationOf(downMs)}`;
  return { agent, text: `${failed} -> ${processes(receipt.attempts)} -> ${answered}`, proven: messageId !== null };
}

export function crashReceipt({ agent, run, what, message, starts, proof }: Crash): Receipt {
  const ended = `process ${run} ended (${what.split(':', 1).join('')}) -> ${processes(starts)}`;
  if (proof === null) return { agent, text: `${ended} -> no answer, not proven`, proven: false };
  // Each delivery of a message has its own id, which begins like that of the message.
  const asked = message === null ? 'the next message' : `message ${message.slice(0, MESSAGE_ID_SHOWN)}`;
  const text = `${ended} -> ${asked} answered by process ${proof.run}, down for ${durationOf(proof.downMs)}`;
  return { agent, text, proven: true };
}

/** A message without an answer is a trouble, too, when no other receipt speaks of its agent. */
export function silenceReceipt(agent: string, outcome: MessageOutcome | null): Receipt {
  const what = outcome === null ? 'waits for its answer' : `is ${outcome.state} (${outcome.detail})`;
  return { agent, text: `the last message ${what}, not proven`, proven: false };
}

const processes = (attempts: number): string =>
  attempts === 0 ? 'no new process' : attempts === 1 ? '1 new process' : `${attempts} new processes`;

/** The last sentence; nothing to recover from would prove nothing. */
export function verdictOf(receipts: readonly Receipt[]): { readonly text: string; readonly proven: boolean } {
  const bad = receipts.filter(({ proven }) => !proven);
  if (receipts.length === 0) return { text: 'No trouble came up, so nothing is proven.', proven: false };
  const all = receipts.length === 1 ? '1 recovery' : `${receipts.length} recoveries`;
  if (bad.length === 0) return { text: `All ${all} proven.`, proven: true };
  return { text: `${bad.length} of ${all} not proven: ${bad.map(({ agent }) => agent).join(', ')}.`, proven: false };
}
