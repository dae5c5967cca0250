import type { AgentRow, IncidentRow } from '../../protocol/rows.ts';
import { ask, pickRows } from '../access.ts';
import type { Context } from '../verb.ts';

export const usage = '[TARGET...] [--wide]';
export const options = {
  wide: { type: 'boolean', summary: 'every column, whole, however narrow the terminal is' },
} as const;
export const takes = { min: 0, max: Infinity, what: '' };
export const examples = [
  'agentvisor list',
  'agentvisor list "rev*" --json',
  'agentvisor list --wide | less -S   columns that a narrow terminal leaves out',
];

type Seen = { readonly rows: readonly AgentRow[]; readonly incidents: readonly IncidentRow[] };

export async function run(context: Context): Promise<number> {
  const targets = context.args;
  const wantsIncidents = (rows: readonly AgentRow[]): boolean =>
    !context.json && rows.some(({ incident }) => incident !== null);
  const { value, exitCode } = await ask<Seen>(
    context,
    async (client) => {
      const rows = await client.call('list', { targets });
      return { rows, incidents: wantsIncidents(rows) ? await client.call('incidents', {}) : [] };
    },
    async ({ agents, incidents }) => ({ rows: await pickRows(agents, targets), incidents }),
  );
  if (context.json) context.answer(value.rows);
  else await show(context, value);
  return exitCode;
}

async function show(context: Context, { rows, incidents }: Seen): Promise<void> {
  const { agentTable, NO_AGENTS } = await import('../agent-table.ts');
  if (rows.length === 0) return context.note(NO_AGENTS);
  const { terminalOf } = await import('../terminal.ts');
  const { troubleLines } = await import('../trouble-lines.ts');
  const terminal = terminalOf(process.stdout, context.env);
  const width = context.flag('wide') ? Infinity : terminal.width;
  context.say(agentTable(rows, Date.now(), { ...terminal, width }));
  const troubles = troubleLines(rows, incidents);
  if (troubles.length === 0) return;
  const { wrap } = await import('../wrap.ts');
  context.say(['', ...troubles.map((line) => wrap(line, terminal.width, 2))].join('\n'));
}
