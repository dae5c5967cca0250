import type { Agent, Fleet } from './fleet.ts';
import { WIDE } from './incidents.ts';
import { credentialNameOf } from './ledger.ts';

type Agents = Pick<Fleet, 'agents'>;

/** A variable that gives an agent another login than the one of its HOME. */
const OWN_LOGIN = /^(ANTHROPIC|CLAUDE)_/;

/**
 * The name under which an agent's credential is declared. Who declares none uses the login of its HOME, and shares it with
 * all who do the same; who brings one along in its environment is alone with it.
 */
function declaredName(agent: Agent): string {
  const { spec, environment } = agent;
  const declared = credentialNameOf(agent);
  if (declared !== null) return declared;
  const isOwn =
    spec.envFile !== null || [...Object.keys(spec.env), ...spec.envPass].some((name) => OWN_LOGIN.test(name));
  return isOwn ? `agent:${spec.name}` : `login:${environment['HOME']}`;
}

/** Two agents that the API cannot tell apart by who pays: the same secret, or the same declaration. */
export const sharesCredential = (one: Agent, other: Agent): boolean =>
  declaredName(one) === declaredName(other) || (one.fingerprint !== null && one.fingerprint === other.fingerprint);

/**
 * One name for all who share a credential: that under which one of them is in trouble already, else the first of those
 * under which its secret is declared.
 */
export function credentialOf({ agents }: Agents, agent: Agent): string {
  const inTrouble = Object.values(agents).find(
    (other) => other.id !== agent.id && other.recovery !== null && sharesCredential(other, agent),
  );
  if (inTrouble?.recovery) return inTrouble.recovery.gate;
  const names = Object.values(agents).flatMap((other) =>
    agent.fingerprint !== null && other.fingerprint === agent.fingerprint ? [declaredName(other)] : [],
  );
  return [declaredName(agent), ...names].reduce((first, name) => (name < first ? name : first));
}

/** A new process of this agent might be rejected like the others: its credential, or all of them, are in trouble. */
export function isInWideTrouble({ agents, incidents }: Agents & Pick<Fleet, 'incidents'>, agent: Agent): boolean {
  return Object.values(incidents).some(
    ({ scope, open, closedAt }) =>
      closedAt === null &&
      (scope === 'upstream' ||
        (WIDE.has(scope) &&
          open.some((name) => {
            const member = agents[name];
            return member !== undefined && sharesCredential(member, agent);
          }))),
  );
}
