import type { CredentialRow } from '../protocol/auth-rows.ts';
import type { AgentRow, IncidentRow } from '../protocol/rows.ts';
import type { Context } from './verb.ts';

export type Listed = {
  readonly rows: readonly AgentRow[];
  readonly incidents: readonly IncidentRow[];
  readonly credentials: readonly CredentialRow[];
  /** What agentvisor itself cannot do. */
  readonly degraded?: readonly string[];
};

/** Agents for whoever asks: JSON for programs; for people a table, and below it what is open and who needs a person. */
export async function printAgents(
  context: Context,
  { rows, incidents, credentials, degraded = [] }: Listed,
  wide = false,
): Promise<void> {
  if (context.json) {
    context.answer(rows);
    return;
  }
  const { agentTable, NO_AGENTS } = await import('./agent-table.ts');
  if (rows.length === 0) {
    context.note(NO_AGENTS);
    for (const text of degraded) context.note(`agentvisor: degraded: ${text}`);
    return;
  }
  const { terminalOf } = await import('../wording/terminal.ts');
  const { troubleLines } = await import('../wording/trouble-lines.ts');
  const terminal = terminalOf(process.stdout, context.env);
  context.say(agentTable(rows, Date.now(), { ...terminal, width: wide ? Infinity : terminal.width }));
  const { credentialLines } = await import('../wording/credential-lines.ts');
  const troubles = [
    ...troubleLines(rows, incidents),
    ...credentialLines(rows, credentials, Date.now()),
    ...degraded.map((text) => `degraded: ${text}`),
  ];
  if (troubles.length === 0) return;
  const { wrap } = await import('../wording/wrap.ts');
  context.say(['', ...troubles.map((line) => wrap(line, terminal.width, 2))].join('\n'));
}
