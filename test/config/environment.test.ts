import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEnvFile, pickEnvironment } from '../../src/config/environment.ts';

describe('the environment that an agent begins with', () => {
  test('is the allow-list and nothing else', () => {
    const listed = {
      PATH: '/bin',
      HOME: '/h',
      LANG: 'C',
      LC_ALL: 'C',
      LC_TIME: 'C',
      TERM: 'x',
      TZ: 'UTC',
      USER: 'u',
      SHELL: '/bin/sh',
      TMPDIR: '/t',
      HTTPS_PROXY: 'http://p:1',
      http_proxy: 'http://p:1',
      no_proxy: 'localhost',
      NODE_EXTRA_CA_CERTS: '/ca',
      SSL_CERT_FILE: '/c',
      SSL_CERT_DIR: '/d',
    };
    const others = {
      CLAUDECODE: '1',
      ANTHROPIC_API_KEY: 'k',
      AGENTVISOR_RUN: 'r',
      Path: 'x',
      Http_Proxy: 'x',
      NODE_OPTIONS: 'x',
      EMPTY: undefined,
    };
    expect(pickEnvironment({ ...listed, ...others })).toEqual({ plain: listed, secret: {} });
  });

  test.each([
    'http://ada:pw@proxy:3128',
    'http://ada@proxy',
    'ada:pw@proxy:3128',
    'socks5h://ada:p%40w@proxy/',
    ' http://a:b@c ',
  ])('a proxy with a password in its address (%s) is held like a credential', (address) => {
    expect(pickEnvironment({ https_proxy: address, HTTP_PROXY: address })).toEqual({
      plain: {},
      secret: { https_proxy: address, HTTP_PROXY: address },
    });
  });

  test.each(['http://proxy:3128', 'proxy:3128', 'http://proxy/?mail=a@b', ''])(
    'a proxy without one (%s) is plain',
    (address) => {
      expect(pickEnvironment({ HTTPS_PROXY: address }).secret).toEqual({});
    },
  );
});

describe('an envFile', () => {
  test('holds one KEY=VALUE a line', () => {
    const text = [
      '\uFEFF# comment',
      '',
      'A=1',
      'export B = two words # note',
      "C='as $it \\n is # here' # note",
      'D="line\\n\\"quoted\\" \\$5"',
      'E=',
      'F=# nothing',
      'G=a#b',
      'H="x=y"',
      'A=2',
      '  I=https://x.y/?a=b',
    ].join('\r\n');
    expect(parseEnvFile(text)).toEqual({
      ok: true,
      values: {
        A: '2',
        B: 'two words',
        C: 'as $it \\n is # here',
        D: 'line\n"quoted" $5',
        E: '',
        F: '',
        G: 'a#b',
        H: 'x=y',
        I: 'https://x.y/?a=b',
      },
    });
  });

  test('reports every mistake with its line, and no value', () => {
    const result = parseEnvFile("A=1\nswordfish\n1B=swordfish\nC=\"swordfish\nD='swordfish' x\nE=swordfish\0");
    expect(result).toEqual({
      ok: false,
      mistakes: [
        { line: 2, message: 'expected KEY=VALUE, a # comment or an empty line' },
        { line: 3, message: 'expected KEY=VALUE, a # comment or an empty line' },
        { line: 4, message: 'the quotes of C do not close on this line' },
        { line: 5, message: 'the quotes of D do not close on this line' },
        { line: 6, message: 'E contains a NUL byte' },
      ],
    });
    expect(JSON.stringify(result)).not.toContain('swordfish');
  });

  test('gives back every value that was written in double quotes', () => {
    const escaped = (value: string): string =>
      value
        .replace(/[\\"]/g, (char) => `\\${char}`)
        .replaceAll('\n', '\\n')
        .replaceAll('\r', '\\r');
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0')),
        (value) => {
          expect(parseEnvFile(`A="${escaped(value)}"`)).toEqual({ ok: true, values: { A: value } });
        },
      ),
    );
  });

  test('is read whatever it holds', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseEnvFile(text)));
  });
});
