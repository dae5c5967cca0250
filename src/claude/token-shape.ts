import type { CredentialSpec } from '../kernel/spec.ts';

/** A setup-token has 108 characters; one that a terminal cut at its edge has 80 and fewer. */
const TOKEN_CHARACTERS_MIN = 100;
const TOKEN_CHARACTERS_MAX = 256;

const PREFIXES: Readonly<Record<CredentialSpec['type'], string>> = {
  'oauth-token': 'sk-ant-oat01-',
  'api-key': 'sk-ant-api',
  'stored-login': '',
};

/** What is wrong with the shape of a secret, in words that hold no part of it; none: it may be whole. */
export function tokenShapeProblems(type: CredentialSpec['type'], secret: string): readonly string[] {
  const prefix = PREFIXES[type];
  const length = secret.length;
  return [
    ...(secret.startsWith(prefix) ? [] : [`it does not begin with ${prefix}`]),
    ...(/\s/.test(secret) ? ['it holds blanks'] : []),
    ...(secret.includes('#') ? ['it holds a #, like the code of a sign-in'] : []),
    ...(/^[\w\s#-]*$/.test(secret) ? [] : ['it holds characters that no token has']),
    ...(length < TOKEN_CHARACTERS_MIN ? [`it has ${length} characters, so a part of it is missing`] : []),
    ...(length > TOKEN_CHARACTERS_MAX ? [`it has ${length} characters, more than a token`] : []),
  ];
}
