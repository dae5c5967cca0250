import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeProblem } from '../../src/claude/sign-in-code.ts';
import { beginSignIn, hear, lastWords, withCode, type SignIn, type SignInWay } from '../../src/claude/sign-in.ts';
import { TOKEN } from '../box.ts';

const VERSIONS = ['2.1.195', '2.1.328'] as const;
const WAYS = ['setup-token', 'auth-login'] as const;

/** What the real one printed in a terminal of 1000 columns, the code that was typed included. */
const recorded = (version: string, name: string): Uint8Array =>
  readFileSync(join(import.meta.dirname, 'recordings', version, `${name}.screen`));

const heard = (way: SignInWay, ...chunks: readonly (Uint8Array | string)[]): SignIn =>
  chunks.reduce<SignIn>(
    (signIn, chunk) => hear(signIn, typeof chunk === 'string' ? Buffer.from(chunk) : chunk),
    withCode(beginSignIn(way), 'abcdefgh#ijklmnop'),
  );

/** Cut at these places, in any order, some more than once. */
function cutAt(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const sorted = [0, ...places.map((place) => place % bytes.length).toSorted((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

const SAID: Readonly<Record<(typeof VERSIONS)[number], Readonly<Record<string, string>>>> = {
  '2.1.195': {
    'setup-token-unreachable': 'OAuth error: connect ECONNREFUSED 127.0.0.1:9',
    'setup-token-wrong-code': 'OAuth error: Invalid code. Please make sure the full code was copied',
    'auth-login-unreachable': 'Login failed: connect ECONNREFUSED 127.0.0.1:9',
    'auth-login-wrong-code': 'Invalid code. Please make sure the full code was copied.',
  },
  '2.1.328': {
    'setup-token-unreachable':
      "OAuth error: Couldn't get an answer from the sign-in service (ECONNREFUSED). Check that the proxy set in HTTPS_PROXY allows connections to platform.claude.com, then try again.",
    'setup-token-wrong-code': "That doesn't look like the full code.",
    'auth-login-unreachable': "Couldn't log in: connect ECONNREFUSED 127.0.0.1:9",
    'auth-login-wrong-code': "That doesn't look like the full code. Copy all of it, including the # in the middle.",
  },
};

describe.each(VERSIONS)('what Claude Code %s shows', (version) => {
  test.each(WAYS)('%s: the address is whole, and it asks for the code', (way) => {
    const signIn = heard(way, recorded(version, `${way}-unreachable`));
    const address = new URL(signIn.url ?? '');
    expect(address.origin).toBe('https://claude.com');
    expect([...address.searchParams.keys()]).toEqual([
      'code',
      'client_id',
      'response_type',
      'redirect_uri',
      'scope',
      'code_challenge',
      'code_challenge_method',
      'state',
    ]);
    // 256 bits: the last parameter was not cut.
    expect(address.searchParams.get('state')).toMatch(/^[\w-]{43}$/);
    expect(signIn).toMatchObject({ asksForCode: true, token: null, isSignedIn: false });
  });

  const failures = Object.entries(SAID[version]);
  test.each(failures)('%s: why it failed', (name, text) => {
    const way = name.startsWith('setup') ? 'setup-token' : 'auth-login';
    const signIn = heard(way, recorded(version, name));
    expect(signIn.failure).toBe(text);
    expect(JSON.stringify([signIn.failure, lastWords(signIn)])).not.toMatch(/abcdefgh|ijklmnop/);
  });

  test.each(failures)('%s: the facts are the same however the bytes are cut', (name) => {
    const way = name.startsWith('setup') ? 'setup-token' : 'auth-login';
    const bytes = recorded(version, name);
    const whole = heard(way, bytes);
    expect(heard(way, ...cutAt(bytes, [...bytes.keys()]))).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 30 }), (places) => {
        expect(heard(way, ...cutAt(bytes, places))).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });
});

/** As ink draws: words placed by moving the cursor, the token in a row of its own. */
const TOKEN_SCREEN =
  '\u001b[2GPaste\u001b[8Gcode\u001b[13Ghere\u001b[18Gif\u001b[21Gprompted\u001b[30G>\r\r\n' +
  '\u001b[1A\u001b[2K\u001b[2GYour\u001b[7GOAuth\u001b[13Gtoken\u001b[19G(valid\u001b[26Gfor\u001b[30G1\u001b[32Gyear):\r\r\n' +
  `\r\r\n\u001b[2G\u001b[38;5;220m${TOKEN}\u001b[39m\r\r\n\r\r\n\u001b[2GStore\u001b[8Gthis\u001b[13Gtoken\u001b[19Gsecurely.\r\r\n`;

describe('the token', () => {
  test('is read whole, however its bytes come', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 40 }), (places) => {
        const signIn = heard('setup-token', ...cutAt(Buffer.from(TOKEN_SCREEN), places));
        expect(signIn).toMatchObject({ token: TOKEN, isSignedIn: true, failure: null });
      }),
    );
  });

  test('is not taken while its row is being drawn', () => {
    for (let end = 0; end < TOKEN_SCREEN.length; end += 1) {
      const { token } = heard('setup-token', TOKEN_SCREEN.slice(0, end));
      expect([null, TOKEN]).toContain(token);
    }
  });

  test('is none of a sign-in that prints none', () => {
    expect(heard('auth-login', TOKEN_SCREEN)).toMatchObject({ token: null, isSignedIn: false });
  });

  test('never stands in what is told', () => {
    const glued = heard('setup-token', `OAuth error: refused for ${TOKEN}\r\n`);
    expect(glued.failure).toBe('OAuth error: refused for sk-ant-oat01-[redacted]');
    expect(lastWords(heard('auth-login', `${TOKEN}\r\n`))).toBe('sk-ant-oat01-[redacted]');
  });
});

test('a stored login is signed in when it says so', () => {
  expect(heard('auth-login', 'Signing in…\r\nLogin successful.\r\n')).toMatchObject({ isSignedIn: true });
});

test('nothing that is printed makes it grow without bound', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 200, maxLength: 2_000 }), { maxLength: 20 }), (chunks) => {
      const { screen } = heard('setup-token', ...chunks);
      expect(screen.lines).toHaveLength(100);
      expect(Math.max(...screen.lines.map(({ length }) => length))).toBeLessThanOrEqual(1_001);
      expect(screen.pending.length).toBeLessThanOrEqual(8_192);
    }),
  );
  const endless = heard('setup-token', `\u001b]8;;${'x'.repeat(100_000)}`);
  expect(endless.screen.pending.length).toBeLessThanOrEqual(8_192);
});

test.each([
  ['abc#def', null],
  ['', 'it is empty'],
  ['abcdef', 'it is not whole: the whole code has a # in its middle'],
  ['#abc', 'it is not whole: the whole code has a # in its middle'],
  ['abc#def#ghi', 'it is not whole: the whole code has a # in its middle'],
  ['abc #def', 'it holds blanks or characters that no code has'],
  ['abc#d\u001b[A', 'it holds blanks or characters that no code has'],
  [`a#${'b'.repeat(1_023)}`, 'it is longer than 1024 characters'],
])('the code %j: %s', (code, problem) => {
  expect(codeProblem(code)).toBe(problem);
});
