import type { Draft } from './draft.ts';
import type { Fleet } from './fleet.ts';
import { changeRecord, recordOf, usersOf, type SecretDeadline } from './ledger.ts';
import { wall, type Deadline, type Wall } from './moment.ts';
import { channelsOf, tellEnd } from './notices.ts';
import type { CredentialSpec } from './spec.ts';

/**
 * A secret that ends by itself is told so long before that somebody finds an hour for it. Whatever the clock did meanwhile, only
 * the nearest of these times is told, once.
 */

const DAY_MS = 24 * 60 * 60 * 1_000;

/** So many days before its end a secret is told of; 0: it has ended. */
const TOLD_DAYS: readonly number[] = [14, 7, 3, 1, 0];

/** A secret that ends within this counts as one that ends soon. */
export const ENDS_SOON_MS = 14 * DAY_MS;

/** Another end than before is that of another secret; Claude Code may move that of a login a little by itself. */
export function noteDeadline(draft: Draft, credential: string, at: Wall | null): void {
  const { deadline } = recordOf(draft, credential);
  if (at === null) {
    changeRecord(draft, credential, { deadline: null });
    return;
  }
  const isSame = deadline !== null && Math.abs(at - deadline.at) < DAY_MS;
  changeRecord(draft, credential, { deadline: { at, told: isSame ? deadline.told : null } });
}

/** Nobody to tell, nothing is told: it is told when there is somebody. */
export function tellDeadlines(draft: Draft): void {
  for (const [name, deadline] of heard(draft)) {
    const days = TOLD_DAYS.findLast((each) => timeOf(deadline, each) <= draft.moment.wall);
    if (days === undefined || isTold(deadline, days)) continue;
    changeRecord(draft, name, { deadline: { ...deadline, told: days } });
    tellEnd(draft, name, usersUp(draft, name), days, textOf(draft, name, deadline));
  }
}

/** When people are told of an end next. */
export const secretDeadlines = (fleet: Fleet): readonly Deadline[] =>
  heard(fleet).flatMap(([, deadline]) => {
    const next = TOLD_DAYS.find((days) => !isTold(deadline, days));
    return next === undefined ? [] : [{ clock: 'wall', at: timeOf(deadline, next) } as const];
  });

type Known = Pick<Fleet, 'agents' | 'ledger' | 'notify'>;

/** Ends of which somebody is to be told. */
const heard = (fleet: Known): readonly (readonly [string, SecretDeadline])[] =>
  Object.keys(fleet.ledger).flatMap((name) => {
    const { deadline } = recordOf(fleet, name);
    return deadline === null || channelsOf(fleet, usersUp(fleet, name)).length === 0 ? [] : [[name, deadline] as const];
  });

const usersUp = (fleet: Known, credential: string): readonly string[] =>
  usersOf(fleet, credential)
    .filter(({ desired }) => desired === 'up')
    .map(({ spec }) => spec.name);

const timeOf = ({ at }: SecretDeadline, days: number): Wall => wall(at - days * DAY_MS);

const isTold = ({ told }: SecretDeadline, days: number): boolean => told !== null && told <= days;

function textOf({ credentials, moment }: Draft, name: string, { at }: SecretDeadline): string {
  const left = Math.ceil((at - moment.wall) / DAY_MS);
  const day = new Date(at).toISOString().slice(0, 10);
  const when = left > 0 ? `ends in ${left} day${left === 1 ? '' : 's'}, on ${day}` : `has ended on ${day}`;
  return `'${name}' ${when}. ${renewalOf(name, credentials[name])}`;
}

/** What a person does about a credential that ends. */
export function renewalOf(name: string, spec: CredentialSpec | undefined): string {
  if (spec?.type === 'stored-login') return `Sign in again: agentvisor login ${name}`;
  const from = spec?.from ?? null;
  if (from !== null && 'env' in from)
    return `Make another token (claude setup-token), export it as ${from.env} and run: agentvisor start FILE`;
  if (from !== null && 'command' in from)
    return `Make another token (claude setup-token) and put it where its command finds it, then: agentvisor reload all`;
  return `Make another token: agentvisor login ${name}; or bring one that you have: agentvisor rotate ${name}`;
}
