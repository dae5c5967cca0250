import type { CredentialRow } from '../protocol/auth-rows.ts';
import type { AgentRow } from '../protocol/rows.ts';
import { leftOf } from './ages.ts';
import { listed } from './count.ts';

/** When a credential that ends is worth a line, as it is for `auth`. */
const ENDS_SOON_MS = 14 * 24 * 60 * 60 * 1_000;

/** What stands below a list of the credentials that its agents use: those that are dead or end soon, and replacements that wait. */
export function credentialLines(
  agents: readonly AgentRow[],
  credentials: readonly CredentialRow[],
  now: number,
): readonly string[] {
  const names = new Set(agents.map(({ credential }) => credential?.name));
  const used = credentials.filter(({ name }) => names.has(name));
  const dead = used.filter(({ verdict }) => verdict === 'dead').map(({ name }) => name);
  const ending = used.flatMap(({ name, verdict, endsAt }) =>
    verdict !== 'dead' && endsAt !== null && Date.parse(endsAt) - now <= ENDS_SOON_MS
      ? [`${name} ${endWords(endsAt, now)}`]
      : [],
  );
  return [
    ...(dead.length === 0
      ? []
      : [`${listed(dead)} ${dead.length === 1 ? 'is' : 'are'} dead: replace what stands there; see: agentvisor auth`]),
    ...(ending.length === 0 ? [] : [`${listed(ending)}; see: agentvisor auth`]),
    ...used.flatMap(rotationLines),
  ];
}

/** `ends in 3d`, `has ended`. */
export function endWords(endsAt: string, now: number): string {
  const leftMs = Date.parse(endsAt) - now;
  return leftMs <= 0 ? 'has ended' : `ends in ${leftOf(leftMs)}`;
}

/** How far a replacement has come, and who has still to prove it. */
export function rotationLines({ name, rotation }: CredentialRow): readonly string[] {
  if (rotation === null) return [];
  const { stage, unproven, over } = rotation;
  const who = unproven.length === 0 ? '' : `, unproven: ${listed(unproven)}`;
  return over
    ? [`the new secret of ${name} is in place; messages to ${listed(unproven)} will prove it`]
    : [`the secret of ${name} is being replaced (${stage}${who}); see: agentvisor auth`];
}
