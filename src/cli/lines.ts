import type { HistoryRow, IncidentRow } from '../protocol/rows.ts';
import { lifeOf, receiptLine } from '../wording/incident-lines.ts';
import { localTime } from '../wording/local-times.ts';
import { wrap } from '../wording/wrap.ts';

/** Most words for what happened fit in here; columns that grow in the middle of a log are worse than a ragged line. */
const EVENT_WIDTH = 15;
const TIME_WIDTH = 19;
/** A number sign and the digits of a run. */
const RUN_WIDTH = 7;

/** One event; `agent` is there when events of several agents are shown, which then have a column of that width. */
export function eventLine(
  { at, agent, run, event, cause, detail }: HistoryRow & { readonly agent?: string },
  width: number,
  agentWidth = 0,
): string {
  const who = agent === undefined ? [] : [agent.padEnd(agentWidth)];
  const where = `#${run ?? '-'}`.padEnd(RUN_WIDTH);
  const parts = [localTime(at), ...who, where, event.padEnd(EVENT_WIDTH), [cause, detail].filter(isSaid).join(': ')];
  return wrap(parts.join('  ').trimEnd(), width, TIME_WIDTH + 2);
}

const isSaid = (text: string | null): boolean => text !== null && text !== '';

export function incidentLines(incident: IncidentRow): string {
  const { id, scope, key, cause, agents, attempts, evidence, receipt, mergedInto } = incident;
  return [
    `${id}  ${cause}  ${scope} ${key}  ${lifeOf(incident)}${mergedInto === null ? '' : ` (merged into ${mergedInto})`}`,
    `  agents    ${agents.join(', ')}`,
    ...evidence.map((text) => `  evidence  ${text}`),
    ...attempts.map(
      (attempt) =>
        `  attempt   ${localTime(attempt.at)}  ${attempt.agent}${attempt.canary ? ' (canary)' : ''}  ${attempt.outcome}`,
    ),
    ...(receipt === null ? [] : [`  receipt   ${receiptLine(receipt)}`]),
  ].join('\n');
}
