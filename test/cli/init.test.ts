import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadEcosystem } from '../../src/config/load.ts';
import type { Ecosystem } from '../../src/config/ecosystem.ts';
import { temporaryFolder } from './folder.ts';
import { MAIN, runCli } from './run-cli.ts';
import type { CliResult } from './run-cli.ts';

/** A folder called `work` in a folder of its own, and a CLI in it that finds no `claude`. */
function workshop() {
  const top = temporaryFolder();
  const cwd = join(top, 'work');
  mkdirSync(cwd);
  const home = join(top, 'home');
  const run = (args: readonly string[], env: Record<string, string> = {}): Promise<CliResult> =>
    runCli(['init', ...args], { home, cwd, env: { PATH: '/nowhere', ...env } });
  const read = async (file: string): Promise<Ecosystem> => {
    const loaded = await loadEcosystem(join(cwd, file));
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    return loaded.ecosystem;
  };
  return { top, cwd, home, run, read, file: join(cwd, 'ecosystem.ts') };
}

const NAMED = ['--name', 'ada', '--credential', 'login'];

describe('the file', () => {
  test('is a TypeScript file with types, and says what was asked for', async () => {
    const { cwd, home, file, run } = workshop();
    mkdirSync(join(cwd, 'reviewer'));
    const args = ['--name', 'reviewer', '--cwd', 'reviewer', '--model', 'opus', '--credential', 'env:MY_TOKEN'];
    expect(await run(args)).toMatchObject({ code: 0, stdout: `${file} written\n` });
    expect(readFileSync(file, 'utf8')).toBe(
      [
        "import { defineEcosystem } from 'agentvisor';",
        '',
        'export default defineEcosystem({',
        '  credentials: {',
        "    main: { type: 'oauth-token', from: { env: 'MY_TOKEN' } },",
        '  },',
        "  defaults: { credential: 'main' },",
        '  agents: [',
        "    { name: 'reviewer', cwd: './reviewer', claude: { model: 'opus' } },",
        '  ],',
        '});',
        '',
      ].join('\n'),
    );
    const stdout = `${file}: 1 agent, no problems\n`;
    expect(await runCli(['validate'], { home, cwd })).toEqual({ code: 0, stdout, stderr: '' });
    expect(existsSync(home)).toBe(false);
  });

  test.each(['ts', 'mts', 'js', 'mjs', 'cjs', 'json'])(
    'may be .%s, and holds every text as it was typed',
    async (end) => {
      const { cwd, run, read } = workshop();
      const folder = `it's a "folder" \\ \${x}`;
      mkdirSync(join(cwd, folder));
      const name = `fleet.${end}`;
      const args = [name, '--name', 'ada', '--cwd', folder, '--credential', `file:${folder}/token`, '--model', "o'pus"];
      const { code, stdout } = await run([...args, '--json']);
      expect({ code, answer: JSON.parse(stdout) as unknown }).toEqual({
        code: 0,
        answer: { file: join(cwd, name), agents: ['ada'] },
      });
      expect(await read(name)).toMatchObject({
        agents: [{ name: 'ada', cwd: join(cwd, folder), credentials: ['main'], claude: { model: "o'pus" } }],
        credentials: [{ name: 'main', type: 'oauth-token', from: { file: join(cwd, folder, 'token') } }],
      });
    },
  );

  test.each([
    ['env:ANTHROPIC_API_KEY', { type: 'api-key', from: { env: 'ANTHROPIC_API_KEY' } }],
    ['env:MY_TOKEN', { type: 'oauth-token', from: { env: 'MY_TOKEN' } }],
    ['file:/run/token', { type: 'oauth-token', from: { file: '/run/token' } }],
    ['login', { type: 'stored-login', from: null }],
  ])('takes the credential %s', async (where, credential) => {
    const { run, read } = workshop();
    expect((await run(['--name', 'ada', '--credential', where])).code).toBe(0);
    expect((await read('ecosystem.ts')).credentials).toMatchObject([credential]);
  });

  test('in another folder still means the folders that were typed here', async () => {
    const { cwd, top, run, read } = workshop();
    const args = ['../fleet.ts', '--name', 'ada', '--cwd', '.', '--credential', 'file:token'];
    expect(await run(args)).toMatchObject({ code: 0, stdout: `${join(top, 'fleet.ts')} written\n` });
    expect(await read('../fleet.ts')).toMatchObject({
      agents: [{ cwd }],
      credentials: [{ from: { file: join(cwd, 'token') } }],
    });
  });

  test('with --yes is named after its folder and takes the token that the shell has, or the login', async () => {
    const { run, read } = workshop();
    expect((await run(['--yes'])).code).toBe(0);
    expect(await read('ecosystem.ts')).toMatchObject({
      agents: [{ name: 'work', claude: { model: null } }],
      credentials: [{ type: 'stored-login' }],
    });
    const env = { CLAUDE_CODE_OAUTH_TOKEN: 'x', ANTHROPIC_API_KEY: 'costs' };
    expect((await run(['-y', '--force'], env)).code).toBe(0);
    expect((await read('ecosystem.ts')).credentials).toMatchObject([{ from: { env: 'CLAUDE_CODE_OAUTH_TOKEN' } }]);
  });

  test.each([
    ['_my project!', 'my-project'],
    ['all', 'agent'],
    ['日本', 'agent'],
    ['constructor', 'agent'],
  ])('in a folder called %j has an agent called %s', async (folder, name) => {
    const { cwd, run, read } = workshop();
    mkdirSync(join(cwd, folder));
    expect((await run([`${folder}/ecosystem.ts`, '--yes'])).code).toBe(0);
    expect((await read(`${folder}/ecosystem.ts`)).agents).toMatchObject([{ name }]);
  });

  test('that names a folder which is not there is written, with a warning', async () => {
    const { run } = workshop();
    const { code, stderr } = await run([...NAMED, '--cwd', 'nowhere']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/warning: .*there is no folder .*\/work\/nowhere/);
  });
});

describe('a secret that is not there yet', () => {
  test('is said to be the first thing to do, and nothing is said when it is there', async () => {
    const { run, cwd } = workshop();
    const told = async (where: string, env: Record<string, string> = {}): Promise<string> =>
      (await run(['--name', 'ada', '--credential', where, '--force'], env)).stderr;
    expect(await told('file:./token')).toContain(`first put the token into ${join(cwd, 'token')}, which is not there`);
    expect(await told('env:MY_TOKEN')).toContain('first export MY_TOKEN, which is not set here');
    writeFileSync(join(cwd, 'token'), 'secret');
    expect(await told('file:./token')).not.toContain('first ');
    expect(await told('env:MY_TOKEN', { MY_TOKEN: 'secret' })).not.toContain('first ');
  });
});

describe('a file that is there', () => {
  test('is left alone and refused with 9, and overwritten with --force only', async () => {
    const { file, run } = workshop();
    writeFileSync(file, 'mine');
    const { code, stdout, stderr } = await run(NAMED);
    expect({ code, stdout }).toEqual({ code: 9, stdout: '' });
    expect(stderr).toContain(`${file} is there already. Overwrite a file with --force`);
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect((await run([...NAMED, '--force'])).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain("name: 'ada'");
  });

  test('is no file: a folder and a link to nowhere are refused with --force, too', async () => {
    const { cwd, run } = workshop();
    mkdirSync(join(cwd, 'folder.ts'));
    symlinkSync(join(cwd, 'target.ts'), join(cwd, 'link.ts'));
    expect((await run(['folder.ts', ...NAMED, '--force'])).code).toBe(9);
    expect((await run(['link.ts', ...NAMED, '--force'])).code).toBe(9);
    expect(existsSync(join(cwd, 'target.ts'))).toBe(false);
  });
});

describe('a wrong command line writes nothing:', () => {
  test.each([
    ['nothing, without a terminal', [], 'no terminal), so it needs --name and --credential.'],
    ['no credential, without a terminal', ['--name', 'ada'], 'so it needs --credential. Or take what is usual'],
    ['no name, without a terminal', ['--credential', 'login'], 'so it needs --name.'],
    ['a name that is none', ['--name', 'a b', '--credential', 'login'], '"a b" cannot be the name of an agent'],
    ['the name that means all', ['--name', 'all', '--yes'], '"all" cannot be the name of an agent'],
    ['an empty folder', [...NAMED, '--cwd', ''], '--cwd expects a folder.'],
    ['an empty model', [...NAMED, '--model', ' '], '--model expects the name of a model.'],
    ['a slip in a credential', ['--name', 'a', '--credential', 'evn:X'], 'Did you mean: env:…'],
    ['a slip in login', ['--name', 'a', '--credential', 'logni'], 'Did you mean: login'],
    ['a variable that is none', ['--name', 'a', '--credential', 'env:A-B'], 'expects env:VARIABLE, file:PATH or login'],
    ['a slip in an option', ['--nmae', 'a'], 'Did you mean: --name'],
    ['a second file', ['a.ts', 'b.ts', '--yes'], 'init does not know what to do with "b.ts"'],
    ['a file by another name', ['fleet.yaml', '--yes'], 'fleet.yaml is no ecosystem file by its name.'],
  ])('%s', async (_, args, said) => {
    const { file, run } = workshop();
    const { code, stdout, stderr } = await run(args);
    expect(stderr).toContain(said);
    expect(stderr).toMatch(/^agentvisor: [^\n]+\n$/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(existsSync(file)).toBe(false);
  });

  test('a secret in place of where it lies is not repeated', async () => {
    const { run } = workshop();
    for (const where of ['sk-ant-oat01-secret', 'env:sk-ant-oat01-secret', 'my-secret']) {
      const { code, stderr } = await run(['--name', 'ada', '--credential', where]);
      expect(code).toBe(2);
      expect(stderr).not.toContain(where);
    }
  });

  test('a folder that is not there ends with 1 and the way to make it', async () => {
    const { cwd, run } = workshop();
    const { code, stderr } = await run(['nowhere/ecosystem.ts', ...NAMED]);
    expect(code).toBe(1);
    expect(stderr).toContain(`mkdir -p ${join(cwd, 'nowhere')}`);
  });
});

describe('claude', () => {
  const withClaude = (script: string): { PATH: string; claude: string } => {
    const bin = temporaryFolder();
    const claude = join(bin, 'claude');
    writeFileSync(claude, `#!/bin/sh\n${script}\n`);
    chmodSync(claude, 0o755);
    return { PATH: `/nowhere:${bin}:/usr/bin:/bin`, claude };
  };

  test('is named with its version when it is on the PATH, and missed when it is not', async () => {
    const { run } = workshop();
    const { PATH, claude } = withClaude('echo "2.1.34 (Claude Code)"');
    expect((await run([...NAMED], { PATH })).stderr).toContain(`found ${claude}, version 2.1.34\n`);
    expect((await run([...NAMED, '--force'])).stderr).toContain('claude is not on your PATH');
  });

  test('that fails, or takes long to say its version, holds up nothing', async () => {
    const { run } = workshop();
    for (const script of ['exit 1', 'exec sleep 3600']) {
      const { PATH, claude } = withClaude(script);
      const { code, stderr } = await run([...NAMED, '--force'], { PATH });
      expect(code).toBe(0);
      expect(stderr).toContain(`found ${claude}\n`);
    }
  });
});

/** A program that gives another one a terminal, as util-linux has it. */
const HAS_TERMINAL = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0;

describe.skipIf(!HAS_TERMINAL)('on a terminal', () => {
  /** Types these keys; gives the screen and the exit code. */
  const typing = (keys: string, cwd: string, home: string, args = ''): Promise<{ code: number | null; said: string }> =>
    new Promise((resolve, reject) => {
      const env = { PATH: process.env['PATH'], HOME: home, AGENTVISOR_HOME: home, TERM: 'dumb' };
      const child = spawn('script', ['-qec', `'${process.execPath}' '${MAIN}' init ${args}`, '/dev/null'], {
        env,
        cwd,
      });
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, said }));
      child.stdin.end(keys);
    });

  test('it asks, takes Enter for what is usual, and asks again when an answer will not do', async () => {
    const { cwd, home, read } = workshop();
    const { code, said } = await typing('a b\nada\n\nopus\nwhere\nenv:MY_TOKEN\n', cwd, home);
    expect(code).toBe(0);
    expect(said).toContain('Name of the agent [work]: ');
    expect(said).toContain('"a b" cannot be the name of an agent');
    expect(said).toContain('--credential expects env:VARIABLE');
    expect(await read('ecosystem.ts')).toMatchObject({
      agents: [{ name: 'ada', cwd, claude: { model: 'opus' } }],
      credentials: [{ from: { env: 'MY_TOKEN' } }],
    });
  });

  test('it asks only for what no option said', async () => {
    const { cwd, home, read } = workshop();
    const { code, said } = await typing('\n\n', cwd, home, '--name ada --credential login');
    expect(code).toBe(0);
    expect(said).not.toContain('Name of the agent');
    expect((await read('ecosystem.ts')).agents).toMatchObject([{ name: 'ada', cwd, claude: { model: null } }]);
  });

  test('an end of the input before the last answer writes nothing', async () => {
    const { cwd, home, file } = workshop();
    const { code, said } = await typing('ada\n\u0004', cwd, home);
    expect(code).toBe(1);
    expect(said).toContain('Nothing was written');
    expect(existsSync(file)).toBe(false);
  });
});
