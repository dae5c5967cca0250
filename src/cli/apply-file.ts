import type { Ecosystem } from '../config/ecosystem.ts';
import type { AgentResult } from '../protocol/api.ts';
import { act } from './act.ts';
import { applyParams, loadNamedOrFound, notes } from './ecosystem-file.ts';
import { findingsOfNew, startFindings, tellFindings } from './findings.ts';
import { withProgress } from './progress.ts';
import type { Context } from './verb.ts';

/** Undefined when the file has mistakes, which people are then told. */
export async function loadOrTell(context: Context, named: string | undefined): Promise<Ecosystem | undefined> {
  const loaded = await loadNamedOrFound(context, named);
  if (!loaded.ok) {
    notes(context, loaded.file, '', loaded.problems);
    return undefined;
  }
  notes(context, loaded.ecosystem.file, 'warning: ', loaded.warnings);
  tellFindings(context, 'warning', await startFindings(context, loaded.ecosystem));
  return loaded.ecosystem;
}

/** Hands an ecosystem to the daemon and waits until each of its agents is as it says. */
export async function applyEcosystem(
  context: Context,
  ecosystem: Ecosystem,
  prune: boolean,
): Promise<readonly AgentResult[]> {
  const params = { ...applyParams(ecosystem, context.env), prune };
  const names = new Set(params.agents.map(({ name }) => name));
  const results = await act(context, [], (client) =>
    withProgress(context, client, ({ name, state }) => (names.has(name) ? state : null), client.call('apply', params)),
  );
  tellFindings(context, 'note', await findingsOfNew(context, ecosystem, results));
  return results;
}
