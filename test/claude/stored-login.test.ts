import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseStoredLogin } from '../../src/claude/stored-login.ts';

const whole = {
  accessToken: 'access',
  refreshToken: 'refresh',
  expiresAt: 1_790_000_000_000,
  refreshTokenExpiresAt: 1_792_000_000_000,
  scopes: ['user:inference', 'user:profile'],
  subscriptionType: 'max',
};
const parsed = (login: unknown): unknown => parseStoredLogin(JSON.stringify({ claudeAiOauth: login }));

test('a login is what it lasts for and what it may do, without its tokens', () => {
  expect(parsed(whole)).toEqual({
    is: 'signed-in',
    refreshes: true,
    expiresAt: 1_790_000_000_000,
    refreshTokenExpiresAt: 1_792_000_000_000,
    subscriptionType: 'max',
    scopes: ['user:inference', 'user:profile'],
  });
  expect(JSON.stringify(parsed(whole))).not.toMatch(/access|refresh"/);
});

test('a login without a refresh token is one that cannot renew itself', () => {
  expect(parsed({ ...whole, refreshToken: '' })).toMatchObject({ is: 'signed-in', refreshes: false });
  expect(parsed({ accessToken: 'a' })).toMatchObject({ refreshes: false, expiresAt: null, scopes: [] });
});

test('a store whose tokens are both empty was blanked, whatever end it still names', () => {
  expect(parsed({ ...whole, accessToken: '', refreshToken: '', expiresAt: 0 })).toEqual({ is: 'blanked' });
  expect(parsed({ ...whole, accessToken: '' })).toMatchObject({ is: 'signed-in', expiresAt: 1_790_000_000_000 });
});

test('no file, and a file with the logins of MCP servers alone, is no login', () => {
  expect([parseStoredLogin(null), parseStoredLogin('{"mcpOAuth":{}}')]).toEqual([{ is: 'absent' }, { is: 'absent' }]);
});

test('half a file, a list and odd scopes are told as what they are', () => {
  expect(parseStoredLogin('{"claudeAiOauth":{"acc')).toMatchObject({ is: 'unreadable' });
  expect(parseStoredLogin('[]')).toMatchObject({ is: 'unreadable' });
  expect(parsed([])).toMatchObject({ is: 'unreadable' });
  expect(parsed({ ...whole, scopes: 'user:inference' })).toEqual({
    is: 'unreadable',
    why: 'its `scopes` are no list',
  });
});

test('whatever stands in the file, it is never thrown at and never repeated', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const login = parseStoredLogin(JSON.stringify({ claudeAiOauth: value }));
      expect(['absent', 'unreadable', 'blanked', 'signed-in']).toContain(login.is);
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => void parseStoredLogin(text)));
});
