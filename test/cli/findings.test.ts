import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { box, TOKEN } from '../box.ts';
import { STAND_IN } from '../daemon/stand-in-box.ts';
import { temporaryFolder } from './folder.ts';
import { runCli } from './run-cli.ts';

/** A folder with an ecosystem of one agent whose token is in a file. */
function workshop(text: string, mode = 0o600) {
  const cwd = temporaryFolder();
  const home = join(temporaryFolder(), 'home');
  const user = temporaryFolder();
  writeFileSync(join(cwd, 'token'), text, { mode });
  const ecosystem = {
    credentials: { max: { type: 'oauth-token', from: { file: './token' } } },
    agents: [{ name: 'ada', credential: 'max' }],
  };
  writeFileSync(join(cwd, 'ecosystem.json'), JSON.stringify(ecosystem));
  const bin = temporaryFolder();
  const claude = (version: string): void => {
    const file = join(bin, 'claude');
    writeFileSync(file, `#!/bin/sh\necho "$@" >> '${bin}/asked'\necho '${version} (Claude Code)'\n`);
    chmodSync(file, 0o755);
  };
  claude('2.1.328');
  const run = (...args: string[]) => runCli(args, { home, cwd, env: { HOME: user, PATH: `${bin}:/usr/bin:/bin` } });
  return { cwd, home, user, bin, claude, run };
}

describe('validate', () => {
  test('says nothing about what is well', async () => {
    const { run } = workshop(TOKEN);
    expect(await run('validate')).toMatchObject({ code: 0, stderr: '' });
  });

  test('warns of a token that was cut, on stderr, and still exits 0', async () => {
    const { cwd, run } = workshop(TOKEN.slice(0, 80));
    const { code, stdout, stderr } = await run('validate');
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${join(cwd, 'ecosystem.json')}: 1 agent, no problems\n` });
    expect(stderr).toMatch(
      /^agentvisor: warning: credential max: it has 80 characters of 108: .+ \(put the token itself in its place .+\)\n$/,
    );
  });

  test('carries it among the warnings of --json, with what a program can rely on', async () => {
    const { cwd, run } = workshop(TOKEN, 0o644);
    const { code, stdout, stderr } = await run('validate', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      warnings: [
        {
          id: 'secret-permissions',
          level: 'error',
          path: 'credential max',
          message: expect.stringContaining('other users can read or change it (mode 0644)') as string,
          hint: `chmod 600 ${join(cwd, 'token')}`,
        },
      ],
    });
  });

  test('warns of a claude that lacks a known fix, which it asks for its version only', async () => {
    const { bin, claude, run } = workshop(TOKEN);
    claude('2.1.210');
    expect((await run('validate')).stderr).toContain('version 2.1.210 lacks what 2.1.225 mended');
    expect(readFileSync(join(bin, 'asked'), 'utf8')).toBe('--version\n');
  });
});

describe('start', () => {
  const NOTE = 'agentvisor: note: credential max: nobody has said when it was made';

  const fleet = (text: string, mode: number, credential: object = {}) => {
    const own = box();
    const token = join(own.dir, 'token');
    writeFileSync(token, text, { mode });
    own.write({
      credentials: { max: { type: 'oauth-token', from: { file: './token' }, ...credential } },
      defaults: { credential: 'max', claude: { bin: STAND_IN } },
      agents: [{ name: 'ada', cwd: './ada' }],
    });
    return { ...own, token };
  };

  test('tells once that nobody knows how old a token is, and not where the file says it', async () => {
    const told = fleet(TOKEN, 0o600);
    expect((await told.av('start')).stderr).toContain(NOTE);
    expect((await told.av('start')).stderr).toBe('');
    const said = fleet(TOKEN, 0o600, { mintedAt: new Date().toISOString().slice(0, 10) });
    expect((await said.av('start')).stderr).toBe('');
  });

  test('warns of a token file that others can read, the daemon refuses it, and closing the file mends it', async () => {
    const { av, row, token } = fleet(TOKEN, 0o644);
    const { code, stderr } = await av('start');
    expect(code).toBe(1);
    expect(stderr).toContain(`agentvisor: warning: credential max: ${token} is not used, for other users can read`);
    expect(stderr).toContain(
      `credential 'max': ${token} is not used, for other users can read or change it (mode 0644); close it: chmod 600 ${token}.)`,
    );
    expect((await row('ada')).run).toBeNull();
    chmodSync(token, 0o600);
    expect((await av('restart', 'ada')).code).toBe(0);
    expect((await row('ada')).state).toBe('running');
  });

  test('apply --dry-run warns as well, and changes nothing', async () => {
    const { av } = fleet(TOKEN.slice(0, 79), 0o600);
    const { code, stderr } = await av('apply', './ecosystem.json', '--dry-run');
    expect(code).toBe(0);
    expect(stderr).toContain('warning: credential max: it has 79 characters of 108');
    expect(stderr).toContain('nothing was changed');
  });
});

test('a shell full of credentials, and no agent that is given one, is no trouble', async () => {
  const { home, cwd } = workshop(TOKEN);
  mkdirSync(join(cwd, '.claude'));
  const env = {
    ANTHROPIC_API_KEY: 'k',
    ANTHROPIC_AUTH_TOKEN: 't',
    CLAUDE_CODE_USE_BEDROCK: '1',
    PATH: '/usr/bin:/bin',
  };
  expect((await runCli(['validate'], { home, cwd, env })).stderr).toBe('');
});
