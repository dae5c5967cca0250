import type { CredentialSpec } from '../kernel/spec.ts';

/** What a secret is by its first characters; nothing of it is kept. */
export type SecretKind = 'oauth-token' | 'refresh-token' | 'api-key' | 'other';

/** Of a token of `claude setup-token` (measured). */
const SETUP_TOKEN_CHARACTERS = 108;
/** What is left of one that was copied out of an 80-column terminal, with or without its last column. */
const CUT_CHARACTERS: readonly number[] = [79, 80];

const OAUTH_TOKEN = 'sk-ant-oat';
const PREFIXES: readonly (readonly [prefix: string, kind: SecretKind])[] = [
  [OAUTH_TOKEN, 'oauth-token'],
  ['sk-ant-ort', 'refresh-token'],
  ['sk-ant-api', 'api-key'],
];

/** What a secret is by how it begins; a gateway's own token is `other`. */
export function kindOfSecret(secret: string): SecretKind {
  return PREFIXES.find(([prefix]) => secret.trim().startsWith(prefix))?.[1] ?? 'other';
}

/**
 * Why this secret cannot work, a sentence each: what no request can carry, and what was taken for something else. None
 * of them holds the secret or a part of it. What only may be wrong is in `tokenShapeDoubts`.
 */
export function tokenShapeProblems(type: CredentialSpec['type'], secret: string): readonly string[] {
  if (type === 'stored-login') return [];
  const pasted = pasteProblems(secret);
  // What was pasted with its surroundings has a length and a beginning that say nothing.
  return pasted.length > 0 ? pasted : [...wrongKind(type, secret), ...cutOff(secret)];
}

/**
 * What is unusual about this secret and may still be right, a sentence each, without the secret or a part of it: Anthropic
 * may change the length of its tokens, and a gateway has tokens of its own. Empty where a problem was found.
 */
export function tokenShapeDoubts(type: CredentialSpec['type'], secret: string): readonly string[] {
  if (type === 'stored-login' || tokenShapeProblems(type, secret).length > 0) return [];
  const kind = kindOfSecret(secret);
  if (kind === 'other') {
    const usual = type === 'api-key' ? 'a key of the Console' : 'a token of `claude setup-token`';
    return [`it does not begin like ${usual}`];
  }
  const { length } = secret;
  if (type !== 'oauth-token' || length === SETUP_TOKEN_CHARACTERS) return [];
  return [`it has ${length} characters, and a token of \`claude setup-token\` has ${SETUP_TOKEN_CHARACTERS}`];
}

function pasteProblems(secret: string): readonly string[] {
  const problems: string[] = [];
  if (/^["'`]?(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*=/.test(secret)) {
    return ['it begins with the name of a variable and "=": only what stands behind belongs there'];
  }
  if (/^["'`]|["'`]$/.test(secret)) problems.push('it stands in quotes');
  if (/[\r\n]/.test(secret)) problems.push('it has a line break in it, as when it was copied from a narrow terminal');
  if (/[^\S\r\n]/.test(secret)) problems.push('it has a blank in it');
  if (/[^\x20-\x7e\s]/.test(secret)) problems.push('it has a character in it that no token has');
  if (secret.includes('#')) {
    problems.push('it has a "#" in it, as the code of the sign-in page has: that is no token yet');
  }
  return problems;
}

function wrongKind(type: 'oauth-token' | 'api-key', secret: string): readonly string[] {
  const kind = kindOfSecret(secret);
  if (kind === 'refresh-token') return ['it is the refresh token of a stored login, which signs nobody in'];
  if (type === 'api-key' && kind === 'oauth-token') return ['it is a token of a subscription, not an API key'];
  if (type === 'oauth-token' && kind === 'api-key') return ['it is an API key, not a token of a subscription'];
  return [];
}

function cutOff(secret: string): readonly string[] {
  if (!secret.startsWith(OAUTH_TOKEN) || !CUT_CHARACTERS.includes(secret.length)) return [];
  return [
    `it has ${secret.length} characters of ${SETUP_TOKEN_CHARACTERS}: it was cut at the edge of an 80-column terminal`,
  ];
}
