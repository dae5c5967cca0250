import type { IncidentStats } from '../protocol/incident-stats.ts';
import { count } from '../wording/count.ts';
import { ageOf, durationOf } from '../wording/ages.ts';
import { localTime } from '../wording/local-times.ts';

/** Agents and credentials that people are shown; those with most incidents stand first. */
const SHOWN_MAX = 10;

/** What happened to the agents of a home, for people. */
export function incidentStatsLines(stats: IncidentStats): string {
  const facts: readonly (readonly [string, string | null])[] = [
    ['rejected', `${count(rounded(stats.windowsPerDay), 'time')} a day (causes auth-...)`],
    ['causes', causesOf(stats.byCause)],
    ['length', lengthOf(stats.lengthMs)],
    ['attempts', attemptsOf(stats)],
    ['down', downOf(stats.downMs)],
    ['healed', `${stats.healedByRestart} closed with an answer after a restart`],
    ['idleness', idlenessOf(stats)],
    ...shortened('credential', stats.byCredential, ({ credential, incidents, attempts, downMs }) =>
      [credential, count(incidents, 'incident'), count(attempts, 'attempt'), `down for ${durationOf(downMs)}`].join(
        '  ',
      ),
    ),
    ...shortened('agent', stats.byAgent, ({ agent, incidents, downMs }) =>
      [agent, count(incidents, 'incident'), `down for ${durationOf(downMs)}`].join('  '),
    ),
  ];
  const since = stats.from === null ? '' : ` since ${localTime(stats.from)} (${count(rounded(stats.days), 'day')})`;
  return [
    `${count(stats.total, 'incident')}${since}, ${stats.open} open`,
    ...facts.flatMap(([key, value]) => (value === null ? [] : [`  ${key.padEnd(10)}  ${value}`])),
  ].join('\n');
}

const causesOf = (causes: IncidentStats['byCause']): string =>
  Object.entries(causes)
    .toSorted(([, one], [, other]) => other - one)
    .map(([cause, times]) => `${times} ${cause}`)
    .join(', ');

function lengthOf(length: IncidentStats['lengthMs']): string | null {
  if (length === null) return null;
  const [min, max, median, p90, total] = [length.min, length.max, length.median, length.p90, length.total].map(
    durationOf,
  );
  return `${min} to ${max}, median ${median}, nine of ten within ${p90}, ${total} in all`;
}

const attemptsOf = ({ attempts: { total, median, max }, attemptsFailed }: IncidentStats): string =>
  `${total}, ${attemptsFailed} of them failed, median ${rounded(median)}, at most ${max} in one incident`;

function downOf({ total, median, max }: IncidentStats['downMs']): string | null {
  if (total === 0) return null;
  return `${durationOf(total)} in all, median ${durationOf(median)}, at most ${durationOf(max)} until an agent answered`;
}

function idlenessOf({ afterIdleMs, afterIdleness: { known, after, share } }: IncidentStats): string | null {
  if (share === null) return null;
  return `${after} of ${known} (${Math.round(share * 100)}%) began after more than ${ageOf(afterIdleMs)} without a turn`;
}

function shortened<T>(
  key: string,
  rows: readonly T[],
  lineOf: (row: T) => string,
): readonly (readonly [string, string])[] {
  const lines = rows.slice(0, SHOWN_MAX).map((row) => [key, lineOf(row)] as const);
  const hidden = rows.length - lines.length;
  return hidden === 0 ? lines : [...lines, [key, `and ${hidden} more; all of them: --json`]];
}

const rounded = (number: number): number => Math.round(number * 10) / 10;
