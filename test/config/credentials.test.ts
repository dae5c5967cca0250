import { expect, test } from 'vitest';
import { credentialEnvironment, fingerprint } from '../../src/config/credentials.ts';
import type { CredentialSpec } from '../../src/kernel/spec.ts';

const spec = (type: CredentialSpec['type'], configDir: string | null = null): CredentialSpec => ({
  name: 'x',
  type,
  from: null,
  configDir,
  billable: false,
  ceilingUsd: null,
  mintedAt: null,
});

test('a token and a key have a variable each', () => {
  expect(credentialEnvironment(spec('oauth-token'), 's', '/h')).toEqual({ CLAUDE_CODE_OAUTH_TOKEN: 's' });
  expect(credentialEnvironment(spec('api-key'), 's', '/h')).toEqual({ ANTHROPIC_API_KEY: 's' });
  expect(credentialEnvironment(spec('api-key'), null, '/h')).toEqual({});
});

test('a stored login names its folder, unless it is the one that claude takes by itself', () => {
  expect(credentialEnvironment(spec('stored-login', '/h/other'), null, '/h')).toEqual({
    CLAUDE_CONFIG_DIR: '/h/other',
  });
  expect(credentialEnvironment(spec('stored-login', '/h/.claude'), null, '/h')).toEqual({});
});

test('a fingerprint is the beginning of the SHA-256 of the secret', () => {
  // printf abc | sha256sum
  expect(fingerprint('abc')).toBe('ba7816bf');
});
