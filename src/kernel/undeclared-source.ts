import { runOf, type Agent, type Fleet, type Run } from './fleet.ts';
import { credentialNameOf } from './ledger.ts';
import { CREDENTIAL_VARIABLES, type CredentialSpec } from './spec.ts';

/** What Claude Code calls sources that are no stored login; a stored login itself goes by several names. */
const NO_LOGIN: ReadonlySet<string> = new Set([
  'CLAUDE_CODE_OAUTH_TOKEN',
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'apiKeyHelper',
]);

/** What `init.apiKeySource` says where no key is used. */
const NO_KEY: ReadonlySet<string> = new Set(['none', 'oauth']);

type Heard = Pick<Run, 'tokenSource' | 'apiKeySource'>;

/** The source that an agent uses in the place of the declared one, by its own words; null when it has named no other. */
export function undeclaredSource({ credentials }: Pick<Fleet, 'credentials'>, agent: Agent): string | null {
  const declared = credentials[credentialNameOf(agent) ?? ''];
  const run = runOf(agent.state);
  return declared === undefined || run === null ? null : otherThan(declared.type, run);
}

/** Of what a process has named: the first that is not of this type of credential. */
export function otherThan(type: CredentialSpec['type'], { tokenSource, apiKeySource }: Heard): string | null {
  const token = tokenSource ?? null;
  if (token !== null && !isToken(type, token)) return token;
  const key = apiKeySource ?? null;
  return key === null || isKey(type, key) ? null : key;
}

const isToken = (type: CredentialSpec['type'], used: string): boolean => {
  const expected = CREDENTIAL_VARIABLES[type];
  return expected === null ? !NO_LOGIN.has(used) : used === expected;
};

function isKey(type: CredentialSpec['type'], used: string): boolean {
  switch (type) {
    case 'api-key':
      return used === CREDENTIAL_VARIABLES['api-key'];
    case 'oauth-token':
      return NO_KEY.has(used);
    case 'stored-login':
      return !NO_LOGIN.has(used);
  }
}
