import type { CredentialSpec } from '../kernel/spec.ts';
import type { CredentialRecord } from './credential-record.ts';
import type { SecretSeen } from './credential-secret.ts';
import { error, fine, warning } from './finding.ts';
import type { Finding } from './finding.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Of a token of `claude setup-token` (its documentation). */
export const SETUP_TOKEN_MS = 365 * DAY_MS;
/** A person needs some days to be told, and to find an hour for it. */
const ENDS_SOON_MS = 30 * DAY_MS;

export type CredentialFacts = {
  readonly spec: CredentialSpec;
  readonly record: CredentialRecord;
  /** Null for a stored login, which `loginChecks` looks at. */
  readonly secret: SecretSeen | null;
  /** Its agents talk to a gateway: its tokens may look like anything. */
  readonly hasGateway: boolean;
};

/** What is to be said about one credential that is a token or a key. `now`: ms since the epoch. */
export function credentialChecks(facts: CredentialFacts, now: number): readonly Finding[] {
  const { spec, secret } = facts;
  const about = `credential ${spec.name}`;
  if (secret === null) return [];
  switch (secret.is) {
    case 'open':
      return [error('secret-permissions', about, secret.why, secret.todo)];
    case 'missing':
      return [error('secret-missing', about, secret.why, secret.todo)];
    case 'elsewhere':
      return [fine('credential', about, `not looked at: ${secret.where}`), ...ageChecks(facts, null, about, now)];
    case 'seen': {
      const troubles = [...shapeChecks(facts, secret, about), ...ageChecks(facts, secret.fingerprint, about, now)];
      return troubles.length > 0 ? troubles : [fine('credential', about, `${wordOf(spec)}, ${secret.fingerprint}`)];
    }
  }
}

const wordOf = ({ type }: CredentialSpec): string =>
  type === 'api-key' ? 'an API key by its form' : 'a token by its form';

function shapeChecks(
  { spec, record, hasGateway }: CredentialFacts,
  { fingerprint, problems, doubts }: Extract<SecretSeen, { is: 'seen' }>,
  about: string,
): readonly Finding[] {
  if (record.deadFingerprints.includes(fingerprint)) {
    const found = `the API has refused this very secret for good (${fingerprint})`;
    return [error('token-dead', about, found, `${renewing(spec)}, and put it in its place`)];
  }
  if (problems.length > 0) {
    const id =
      spec.type === 'api-key' && problems.some((text) => text.includes('subscription')) ? IN_API_KEY : 'token-shape';
    const only = `put ${spec.type === 'api-key' ? 'the key' : 'the token'} itself in its place and nothing else, or ${renewing(spec)}`;
    return [error(id, about, problems.join('; '), only)];
  }
  if (hasGateway) return [];
  return doubts.map((found) => warning('token-doubt', about, found, 'compare it with where it came from'));
}

/** Also of a token that came into ANTHROPIC_API_KEY by another way than a credential. */
export const IN_API_KEY = 'token-in-api-key';

const renewing = ({ type }: CredentialSpec): string =>
  type === 'api-key' ? 'copy the key from the Console once more' : 'make another one with `claude setup-token`';

/** The id of a doubt that is told once, not at every start. */
export const MINT_DATE_UNKNOWN = 'mint-date-unknown';

function ageChecks(
  { spec, record }: CredentialFacts,
  fingerprint: string | null,
  about: string,
  now: number,
): readonly Finding[] {
  const { type, from, name } = spec;
  const mintedAt = record.mintedAt(fingerprint);
  if (type !== 'oauth-token') return [];
  if (mintedAt === null) {
    // What a command gives may be made anew at every start.
    if (from === null || 'command' in from) return [];
    const found =
      'nobody has said when it was made; a token of `claude setup-token` lasts a year, the access token of a login 8 hours';
    return [
      warning(
        MINT_DATE_UNKNOWN,
        about,
        found,
        `say it, to be told in time: credentials.${name}.mintedAt: 'YYYY-MM-DD' (agentvisor login notes it by itself)`,
      ),
    ];
  }
  const endsInMs = mintedAt + SETUP_TOKEN_MS - now;
  if (endsInMs > ENDS_SOON_MS) return [];
  const when = endsInMs <= 0 ? 'has probably ended' : `ends in ${Math.ceil(endsInMs / DAY_MS)} days`;
  const found = `it was made on ${dayOf(mintedAt)} and ${when}: a token of \`claude setup-token\` lasts a year`;
  return [warning('token-ends', about, found, `${renewing(spec)}, put it in its place, and correct mintedAt`)];
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
