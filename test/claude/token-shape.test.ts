import { describe, expect, test } from 'vitest';
import { kindOfSecret, tokenShapeDoubts, tokenShapeProblems } from '../../src/claude/token-shape.ts';

const BODY = 'Ab1_-'.repeat(19);
const TOKEN = `sk-ant-oat01-${BODY}`;
const KEY = `sk-ant-api03-${BODY}`;

describe('nothing is said about', () => {
  test.each([
    ['oauth-token', TOKEN],
    ['api-key', KEY],
    ['api-key', `${KEY}AA`],
    ['stored-login', 'anything # at all'],
  ] as const)('an %s of the usual shape', (type, secret) => {
    expect([tokenShapeProblems(type, secret), tokenShapeDoubts(type, secret)]).toEqual([[], []]);
  });
});

describe('a secret that cannot work is told by', () => {
  test.each([
    ['a cut at 80 columns', 'oauth-token', TOKEN.slice(0, 80), 'cut at the edge'],
    ['a cut at 79 characters', 'oauth-token', TOKEN.slice(0, 79), 'cut at the edge'],
    ['a line break', 'oauth-token', `${TOKEN.slice(0, 80)}\n${TOKEN.slice(80)}`, 'line break'],
    ['a blank', 'oauth-token', `${TOKEN.slice(0, 50)} ${TOKEN.slice(50)}`, 'a blank'],
    ['the code of the sign-in page', 'oauth-token', 'aBcDeF123#sTaTe456', '"#"'],
    ['quotes', 'oauth-token', `"${TOKEN}"`, 'quotes'],
    ['a line of a shell', 'oauth-token', `export CLAUDE_CODE_OAUTH_TOKEN=${TOKEN}`, 'the name of a variable'],
    ['a quoted line of a shell', 'oauth-token', `"export X=${TOKEN}"`, 'the name of a variable'],
    ['a line of an env file', 'api-key', `ANTHROPIC_API_KEY=${KEY}`, 'the name of a variable'],
    ['a letter of another alphabet', 'oauth-token', TOKEN.replace('b', 'б'), 'a character'],
    ['a key in the place of a token', 'oauth-token', KEY, 'an API key'],
    ['a token in the place of a key', 'api-key', TOKEN, 'a token of a subscription'],
    ['a refresh token', 'oauth-token', `sk-ant-ort01-${BODY}`, 'refresh token'],
  ] as const)('%s', (_, type, secret, said) => {
    const problems = tokenShapeProblems(type, secret);
    expect(problems.join('; ')).toContain(said);
    expect(tokenShapeDoubts(type, secret)).toEqual([]);
    // Neither the secret nor a piece of it that would help anybody.
    for (const problem of problems) expect(problem).not.toMatch(/sk-ant-|Ab1_|aBcDeF|sTaTe/);
  });
});

describe('a secret that may be right is only doubted:', () => {
  test.each([
    ['another length', 'oauth-token', `${TOKEN}AAAA`, 'it has 112 characters'],
    ["a gateway's token", 'oauth-token', 'gw-7d1f', 'does not begin like a token'],
    ["a gateway's key", 'api-key', 'gw-7d1f', 'does not begin like a key'],
  ] as const)('%s', (_, type, secret, said) => {
    expect(tokenShapeProblems(type, secret)).toEqual([]);
    expect(tokenShapeDoubts(type, secret).join()).toContain(said);
    expect(tokenShapeDoubts(type, secret).join()).not.toContain(secret);
  });
});

test('what a secret is, is seen by how it begins', () => {
  expect([TOKEN, KEY, `sk-ant-ort01-${BODY}`, 'gw-1'].map(kindOfSecret)).toEqual([
    'oauth-token',
    'api-key',
    'refresh-token',
    'other',
  ]);
});
