import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { excerpt, redact } from '../../src/kernel/redaction.ts';

const BODY = 'Zq7_x-K2mPv9LwT4rYb8NcD1sFg6HjQ3aEe5UiXo0'.repeat(3).slice(0, 95);
const TOKEN = `sk-ant-oat01-${BODY}`;

describe('anything like an Anthropic secret', () => {
  test.each([
    [TOKEN, 'sk-ant-oat01-[redacted]'],
    [`Bearer ${TOKEN}, next`, 'Bearer sk-ant-oat01-[redacted], next'],
    [`X_${TOKEN}`, 'X_sk-ant-oat01-[redacted]'],
    [`sk-ant-api03-${BODY}AA`, 'sk-ant-api03-[redacted]'],
    ['sk-ant-ort01-abc', 'sk-ant-ort01-[redacted]'],
    ['sk-ant-sid', 'sk-ant-[redacted]'],
    [TOKEN.slice(0, 20), 'sk-ant-oat01-[redacted]'],
    [JSON.stringify({ env: { A: TOKEN } }), '{"env":{"A":"sk-ant-oat01-[redacted]"}}'],
    [JSON.stringify(JSON.stringify({ a: TOKEN })), String.raw`"{\"a\":\"sk-ant-oat01-[redacted]\"}"`],
    [`${TOKEN.slice(0, 80)}\n${TOKEN.slice(80)}`, 'sk-ant-oat01-[redacted]'],
    [`${TOKEN.slice(0, 80)}\\n  ${TOKEN.slice(80)}`, 'sk-ant-oat01-[redacted]'],
    [`${TOKEN}\nand a sentence behind it`, 'sk-ant-oat01-[redacted]\nand a sentence behind it'],
    [`a ${TOKEN} b ${TOKEN}`, 'a sk-ant-oat01-[redacted] b sk-ant-oat01-[redacted]'],
    ['sk-ant-oat01-[redacted]', 'sk-ant-oat01-[redacted]'],
    ['an elephant, sk-ant, and a desk', 'an elephant, sk-ant, and a desk'],
  ])('%s', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });
});

describe('a known secret', () => {
  test('goes in every spelling', () => {
    const secret = 'p"a\\ss/wörd\n1234';
    const json = JSON.stringify({ secret });
    for (const text of [`x${secret}y`, json, JSON.stringify({ json })]) {
      expect(redact(text, [secret])).toContain('[redacted]');
      expect(redact(text, [secret])).not.toMatch(/wörd|1234/);
    }
  });

  test('goes when it is wrapped, also where nothing says what it is', () => {
    const wrapped = Array.from(BODY, (char, index) => (index % 7 === 6 ? `${char}\n   ` : char)).join('');
    expect(redact(wrapped, [TOKEN])).toBe('[redacted]');
  });

  test('goes when its beginning or end is missing', () => {
    expect(redact(`…${BODY.slice(30)}`, [TOKEN])).toBe('…[redacted]');
    expect(redact(`${BODY.slice(0, 40)}…`, [TOKEN])).toBe('[redacted]…');
  });

  test('goes with the line break that stood in the token of 2.1.195’s own message', () => {
    const secret = 'sk-ant-oat01-aaaaaaa\nbbbbbbb';
    const text = `API Error: Header '14' has invalid value: 'Bearer ${secret}'`;
    expect(redact(text, [secret])).toBe(`API Error: Header '14' has invalid value: 'Bearer sk-ant-oat01-[redacted]'`);
  });

  test('that is hardly one is left alone', () => {
    expect(redact('a b c 12', ['', ' ', 'a', '12'])).toBe('a b c 12');
  });
});

/** Text around secrets that holds no part of them by itself. */
const noise = fc.stringMatching(/^[#%&() .,:;=\n]{0,20}$/);
const secrets = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_-]{40,108}$/).map((body) => `sk-ant-oat01-${body}`),
  fc.stringMatching(/^[A-Za-z0-9+/"\\]{16,60}$/),
);

test('no sixteen characters of a known secret ever leave', () => {
  const shapes = fc.constantFrom<(secret: string) => string>(
    (secret) => secret,
    (secret) => JSON.stringify({ secret }),
    (secret) => JSON.stringify(JSON.stringify([secret])),
    (secret) => secret.slice(5),
    (secret) => secret.slice(0, -5),
    (secret) => `${secret.slice(0, 30)}\n${secret.slice(30)}`,
    (secret) => secret + secret,
  );
  fc.assert(
    fc.property(noise, secrets, shapes, noise, (before, secret, shape, after) => {
      const left = redact(before + shape(secret) + after, [secret]);
      const plain = left.replaceAll('\\', '');
      const body = secret.replace(/^sk-ant-oat01-/, '').replaceAll('\\', '');
      for (let at = 0; at + 16 <= body.length; at += 1) expect(plain).not.toContain(body.slice(at, at + 16));
    }),
    { numRuns: 500 },
  );
});

test('an unknown token never leaves, and redacting twice changes nothing', () => {
  fc.assert(
    fc.property(noise, fc.stringMatching(/^[A-Za-z0-9_-]{20,108}$/), noise, (before, body, after) => {
      const left = redact(`${before}sk-ant-oat01-${body}${after}`);
      expect(left).not.toContain(body.slice(0, 12));
      expect(redact(left)).toBe(left);
    }),
  );
});

describe('an excerpt', () => {
  test('is one line without escape sequences', () => {
    expect(excerpt('\u001b[31mred\u001b[0m\r\n\tnext\u0007 \u001b]0;title\u0007end\u202e!\u009b2J')).toBe(
      'red next end !',
    );
  });

  test('is bounded, also in the middle of a character', () => {
    expect(excerpt('a'.repeat(400))).toHaveLength(300);
    expect(excerpt('ab', 2)).toBe('ab');
    expect(excerpt('abc', 2)).toBe('a…');
    expect(excerpt('a🙂🙂', 3)).toBe('a…');
  });

  test('is redacted before it is cut, and after escape sequences are gone', () => {
    const text = `${'x'.repeat(280)} ${TOKEN}`;
    expect(excerpt(text)).not.toContain(TOKEN.slice(13, 20));
    expect(excerpt(`sk-ant-\u001b[1moat01-${BODY}`)).toBe('sk-ant-oat01-[redacted]');
    const huge = `${' '.repeat(64 * 1024 - 10)}${BODY}`;
    expect(excerpt(huge, 300, [TOKEN])).toBe('');
  });

  test('has no control characters, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.integer({ min: 1, max: 80 }), (text, max) => {
        const line = excerpt(text, max);
        expect(line.length).toBeLessThanOrEqual(max);
        // oxlint-disable-next-line no-control-regex -- their absence is the claim
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }),
    );
  });
});
