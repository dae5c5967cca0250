import { authReport } from '../box/auth-report.ts';
import { givenEnvironment } from '../home/given-environment.ts';
import type { AuthReport, CredentialRow } from '../protocol/auth-rows.ts';
import { credentialStates } from '../protocol/credential-row.ts';
import type { DaemonContext } from './context.ts';
import { credentials } from './queries.ts';
import { findAgents } from './targets.ts';

/** What agents sign in with, and how their credentials are, by what this daemon knows and by files. */
export function auth(context: DaemonContext, targets: readonly string[]): AuthReport {
  const { engine, home, secrets, clock } = context;
  const { fleet } = engine;
  const { boot, wall } = clock.now();
  return authReport({
    fleet,
    home,
    names: targets.length === 0 ? null : new Set(findAgents(fleet, targets).map(({ spec }) => spec.name)),
    shell: secrets.pick(Object.values(fleet.agents).flatMap(({ spec }) => spec.envPass)),
    held: secrets.ofSources(credentials(context)),
    environmentOf: (agent) => givenEnvironment(agent, boot),
    now: wall,
  });
}

/** How each credential is, by the state alone. */
export const states = ({ engine, clock }: DaemonContext): readonly CredentialRow[] =>
  credentialStates(engine.fleet, clock.now().wall);
