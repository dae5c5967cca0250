import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../cli/folder.ts';
import { MAIN, runCli } from '../cli/run-cli.ts';
import { realClaudes } from './claude.ts';

/** Of the shape of a code; nobody's. The proxy leads nowhere, so nobody is asked either. */
const CODE = 'n0b0dys-c0de#n0b0dys-state';
const PROXY = 'http://127.0.0.1:9';

const CREDENTIALS = {
  max: { type: 'oauth-token', from: { file: './max.token' } },
  login: { type: 'stored-login', configDir: './conf' },
};
const SCOPES = { max: 'user:inference', login: 'org:create_api_key user:profile user:inference' };

for (const { version, bin, missing } of realClaudes()) {
  describe.skipIf(missing !== null)(`Claude Code ${version}${missing === null ? '' : ` (${missing})`}`, () => {
    test.each(['max', 'login'] as const)(
      'login %s: shows the address, takes a code, opens no browser, and without a network nothing is changed',
      async (credential) => {
        const dir = temporaryFolder();
        const [home, user, tmp, programs] = ['home', 'user', 'tmp', 'bin'].map((name) => join(dir, name));
        if (home === undefined || user === undefined || tmp === undefined || programs === undefined) return;
        for (const folder of [user, tmp, programs]) mkdirSync(folder);
        const opened = join(dir, 'opened');
        for (const name of ['xdg-open', 'open', 'x-www-browser', 'sensible-browser'])
          writeFileSync(join(programs, name), `#!/bin/sh\necho "$@" >>'${opened}'\n`, { mode: 0o755 });
        const file = join(dir, 'ecosystem.json');
        const agents = ['max', 'login'].map((name) => ({ name, cwd: '.', credential: name, claude: { bin } }));
        writeFileSync(file, JSON.stringify({ credentials: CREDENTIALS, agents }));
        const env = {
          PATH: `${programs}:${process.env['PATH']}`,
          HOME: user,
          TMPDIR: tmp,
          LANG: 'C.UTF-8',
          DISPLAY: ':0',
          HTTPS_PROXY: PROXY,
          HTTP_PROXY: PROXY,
        };

        const child = spawn(process.execPath, [MAIN, 'login', credential, '--json'], {
          cwd: dir,
          env: { ...env, AGENTVISOR_HOME: home },
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        onTestFinished(() => void child.kill('SIGKILL'));
        let stdout = '';
        let stderr = '';
        const asked = new Promise<void>((done) => {
          child.stdout.setEncoding('utf8').on('data', (text: string) => {
            stdout += text;
            if (stdout.includes('"code-needed"}\n')) done();
          });
        });
        child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
        const ended = new Promise<number | null>((done) => child.on('close', done));
        await Promise.race([asked, ended.then(() => expect.fail(`it ended before it asked: ${stderr}`))]);

        const [{ url }] = stdout.split('\n').map((line) => JSON.parse(line || '{}') as { url: string }) as [
          { url: string },
        ];
        const address = new URL(url);
        expect(address.host).toBe('claude.com');
        expect(address.searchParams.get('scope')).toMatch(new RegExp(`^${SCOPES[credential]}`));
        expect(address.searchParams.get('redirect_uri')).toBe('https://platform.claude.com/oauth/code/callback');
        expect(address.searchParams.get('state')).toMatch(/^[\w-]{43}$/);

        const second = await runCli(['login', '--code', '-'], { home, cwd: dir, env, input: CODE });
        expect(await ended).toBe(1);
        for (const said of [stderr, second.stderr]) {
          expect(said).toContain('ECONNREFUSED');
          expect(said).not.toContain('n0b0dys');
        }
        expect(second.code).toBe(1);
        expect(existsSync(opened) ? readFileSync(opened, 'utf8') : '').toBe('');
        expect(readdirSync(tmp)).toEqual([]);
        expect(readdirSync(user)).toEqual([]);
        expect(['max.token', 'conf'].filter((name) => existsSync(join(dir, name)))).toEqual([]);
        expect(processesWith(tmp)).toEqual([]);
      },
    );
  });
}

/** Processes whose environment names this folder. */
function processesWith(folder: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const isZombie = /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
        return !isZombie && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder);
      } catch {
        // It ended meanwhile, or belongs to somebody else.
        return false;
      }
    });
}
