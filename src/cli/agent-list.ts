import type { AgentRow } from '../protocol/rows.ts';
import type { Context } from './verb.ts';

/** Rows for whoever asks: JSON for programs, a table for people. */
export async function printAgents(context: Context, rows: readonly AgentRow[]): Promise<void> {
  if (context.json) {
    context.answer(rows);
    return;
  }
  const { agentTable, NO_AGENTS } = await import('./agent-table.ts');
  const { isTTY, columns } = process.stdout;
  const colour = isTTY && (context.env['NO_COLOR'] ?? '') === '';
  const table = agentTable(rows, { now: Date.now(), width: isTTY ? columns : Infinity, colour });
  if (rows.length === 0) context.note(NO_AGENTS);
  else context.say(table);
}
