import { claudeChecks } from '../box/claude-checks.ts';
import { claudePrograms } from '../box/claude-programs.ts';
import { MINT_DATE_UNKNOWN } from '../box/credential-checks.ts';
import { credentialRecords } from '../box/credential-record.ts';
import { credentialFindings } from '../box/ecosystem-findings.ts';
import type { Finding } from '../box/finding.ts';
import type { Ecosystem } from '../config/ecosystem.ts';
import { pickEnvironment } from '../config/environment.ts';
import { checkHome } from '../home/permission.ts';
import type { Fleet } from '../kernel/fleet.ts';
import type { AgentResult } from '../protocol/api.ts';
import { readFiles } from './access.ts';
import type { Context } from './verb.ts';

/**
 * What is doubtful about how the agents of a file will sign in, and about the `claude` that they are started with. A doubt
 * that stays for ever is not told at every start; see `findingsOfNew`.
 */
export async function startFindings(context: Context, ecosystem: Ecosystem): Promise<readonly Finding[]> {
  const programs = claudeChecks(await claudePrograms(declared(context, ecosystem), () => null));
  return [
    ...(await findingsIn(context, ecosystem)).filter(({ id }) => id !== MINT_DATE_UNKNOWN),
    // That there is none is said when an agent is started, with the folders that were searched.
    ...programs.filter(({ id }) => id === 'missing-fix'),
  ];
}

/** What is told once: about the credentials of agents that were not there before. */
export async function findingsOfNew(
  context: Context,
  ecosystem: Ecosystem,
  results: readonly AgentResult[],
): Promise<readonly Finding[]> {
  const isNew = new Set(results.filter(({ change }) => change === 'new').map(({ name }) => name));
  const agents = ecosystem.agents.filter(({ name }) => isNew.has(name));
  if (agents.length === 0) return [];
  const found = await findingsIn(context, { ...ecosystem, agents });
  return found.filter(({ id }) => id === MINT_DATE_UNKNOWN);
}

/** On stderr, as the warnings about the file itself. */
export function tellFindings(context: Context, label: 'warning' | 'note', findings: readonly Finding[]): void {
  for (const { about, found, todo } of findings)
    context.note(`agentvisor: ${label}: ${about}: ${found}${todo === '' ? '' : ` (${todo})`}`);
}

async function findingsIn(context: Context, ecosystem: Ecosystem): Promise<readonly Finding[]> {
  const agents = declared(context, ecosystem);
  const { credentials } = ecosystem;
  const found = credentialFindings({
    agents,
    credentials,
    shell: context.env,
    recordOf: credentialRecords(await fleetOf(context.home), context.home),
    isFileChecked: true,
    now: Date.now(),
  });
  return found.filter(({ level }) => level !== 'ok');
}

/** What the home knows, null when nothing can be read there: what is wrong with it, `start` itself says. */
async function fleetOf(home: string): Promise<Fleet | null> {
  try {
    checkHome(home);
    return (await readFiles(home)).fleet;
  } catch {
    return null;
  }
}

/** As `start FILE` would hand them over. */
function declared(context: Context, { agents }: Ecosystem): Parameters<typeof claudePrograms>[0] {
  const { plain } = pickEnvironment(context.env);
  return agents.map((spec) => ({ spec, environment: plain }));
}
