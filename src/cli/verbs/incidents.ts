import { ask } from '../access.ts';
import { incidentStatsLines } from '../incident-stats-lines.ts';
import { incidentLines } from '../lines.ts';
import { terminalOf } from '../../wording/terminal.ts';
import { NO_ARGUMENTS } from '../verb.ts';
import type { Context } from '../verb.ts';
import { wrapLines } from '../../wording/wrap.ts';

const INCIDENTS_SHOWN = 20;
/** Where the values stand behind their keys. */
const VALUE_AT = 12;
const STATS_VALUE_AT = 14;

export const usage = '[--all | --stats]';
export const options = {
  all: { type: 'boolean', summary: `more than the last ${INCIDENTS_SHOWN}; --json has all of them anyway` },
  stats: { type: 'boolean', summary: 'how many, how long, of what, of whom, over all that are kept' },
} as const;
export const takes = NO_ARGUMENTS;
export const examples = [
  'agentvisor incidents                the last ones, newest at the end',
  'agentvisor incidents --stats        what happens here, and how often',
  'agentvisor incidents --json',
];

export function run(context: Context): Promise<number> {
  return context.flag('stats') ? showStats(context) : showIncidents(context);
}

async function showIncidents(context: Context): Promise<number> {
  const { value: rows, exitCode } = await ask(
    context,
    (client) => client.call('incidents', { open: false }),
    ({ incidents }) => incidents,
  );
  const shown = context.flag('all') ? rows : rows.slice(-INCIDENTS_SHOWN);
  const { width } = terminalOf(process.stdout, context.env);
  if (context.json) context.answer(rows);
  else for (const row of shown) context.say(wrapLines(incidentLines(row), width, VALUE_AT));
  const older = rows.length - shown.length;
  if (!context.json && older > 0) context.note(`agentvisor: ${older} older ones: agentvisor incidents --all`);
  if (rows.length === 0) context.note(NO_INCIDENTS);
  return exitCode;
}

async function showStats(context: Context): Promise<number> {
  const { value: stats, exitCode } = await ask(
    context,
    (client) => client.call('incident-stats', {}),
    async () => {
      const { readRawIncidents } = await import('../../home/records.ts');
      const { incidentStats } = await import('../../protocol/incident-stats.ts');
      return incidentStats(readRawIncidents(context.home), Date.now());
    },
  );
  if (context.json) context.answer(stats);
  else if (stats.total > 0)
    context.say(wrapLines(incidentStatsLines(stats), terminalOf(process.stdout, context.env).width, STATS_VALUE_AT));
  if (stats.total === 0) context.note(NO_INCIDENTS);
  return exitCode;
}

const NO_INCIDENTS = 'agentvisor: there were no incidents';
