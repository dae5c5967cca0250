import { chmodSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Finding } from '../../src/box/finding.ts';
import { TOKEN } from '../box.ts';
import { standInBox } from '../daemon/stand-in-box.ts';
import { temporaryFolder } from './folder.ts';
import { runCli } from './run-cli.ts';

type Answer = { readonly ok: boolean; readonly findings: readonly (Finding & { readonly group: string })[] };

/** A machine of one user with an ecosystem of one agent, and a `claude` that notes what it is asked. */
function clinic(claude = "echo '2.1.328 (Claude Code)'") {
  const [cwd, user, bin] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  const home = join(temporaryFolder(), 'home');
  writeFileSync(join(cwd, 'token'), TOKEN, { mode: 0o600 });
  const ecosystem = {
    credentials: { max: { type: 'oauth-token', from: { file: './token' } } },
    agents: [{ name: 'ada', credential: 'max' }],
  };
  writeFileSync(join(cwd, 'ecosystem.json'), JSON.stringify(ecosystem));
  writeFileSync(join(bin, 'claude'), `#!/bin/sh\necho "$HOME $*" >> '${bin}/asked'\n${claude}\n`);
  chmodSync(join(bin, 'claude'), 0o755);
  const run = (...args: string[]) =>
    runCli(['doctor', ...args], { home, cwd, env: { HOME: user, PATH: `${bin}:/usr/bin:/bin` } });
  const ask = async (): Promise<Answer> => JSON.parse((await run('--json')).stdout) as Answer;
  return { cwd, user, bin, home, run, ask };
}

const troubles = ({ findings }: Answer): readonly string[] =>
  findings.filter(({ level, group }) => level !== 'ok' && group !== 'Machine').map(({ level, id }) => `${level} ${id}`);

test('it looks at the four groups without a daemon, one line each, the word in front and no colour', async () => {
  const { home, run } = clinic();
  const { stdout, stderr } = await run();
  expect(stderr).toBe('');
  expect(stdout.split('\n').filter((line) => /^[A-Z][a-z]/.test(line) && !line.endsWith('.'))).toEqual([
    'Claude Code',
    'Home',
    'Credentials',
    'Machine',
  ]);
  expect(stdout).toContain('  ok      home ');
  expect(stdout).toContain('  warning credential max: nobody has said when it was made');
  expect(stdout).toContain("          -> say it, to be told in time: credentials.max.mintedAt: 'YYYY-MM-DD'");
  expect(stdout).not.toContain('\u001b');
  expect(stdout).not.toContain(TOKEN.slice(13));
  expect(existsSync(home)).toBe(false);
});

test('it exits 0 with warnings alone and 1 with an error', async () => {
  const { cwd, ask, run } = clinic();
  const well = await ask();
  expect(troubles(well)).toEqual(['warning mint-date-unknown']);
  expect((await run()).code).toBe(well.ok ? 0 : 1);
  chmodSync(join(cwd, 'token'), 0o644);
  const ill = await ask();
  expect({ ok: ill.ok, troubles: troubles(ill) }).toEqual({ ok: false, troubles: ['error secret-permissions'] });
  const { code, stdout } = await run();
  expect(code).toBe(1);
  expect(stdout).toContain(`-> chmod 600 ${join(cwd, 'token')}`);
  expect(stdout).toMatch(/\n1 error, \d+ warnings?\n$/);
});

test('it asks claude for nothing but its version, in a home of its own, and spends nothing', async () => {
  const { bin, user, run } = clinic();
  const folder = join(user, '.claude');
  const lock = join(folder, '.oauth_refresh.lock');
  mkdirSync(lock, { recursive: true });
  utimesSync(lock, 1, 1);
  const login = JSON.stringify({ claudeAiOauth: { accessToken: 'a', refreshToken: 'r', expiresAt: 1 } });
  writeFileSync(join(folder, '.credentials.json'), login, { mode: 0o600 });
  const { stdout } = await run();
  expect(stdout).toContain('.oauth_refresh.lock was left');
  expect(existsSync(lock)).toBe(true);
  expect(readFileSync(join(folder, '.credentials.json'), 'utf8')).toBe(login);
  const asked = readFileSync(join(bin, 'asked'), 'utf8').trim().split('\n');
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatch(/^\S*agentvisor-version-\S* --version$/);
});

test('it tells on stderr what it waits for when a claude does not answer, and goes on', async () => {
  const { run } = clinic('exec sleep 3600');
  const { stdout, stderr } = await run();
  expect(stderr).toContain('agentvisor: asking claude for its version\n');
  expect(stdout).toContain('does not tell its version');
});

test('a claude that is missing, and one that is old, are told', async () => {
  const old = clinic("echo '2.1.195 (Claude Code)'");
  expect(troubles(await old.ask())).toContain('warning missing-fix');
  const { cwd, home, user } = clinic();
  const { code, stdout } = await runCli(['doctor'], { home, cwd, env: { HOME: user, PATH: '/nowhere' } });
  expect(code).toBe(1);
  expect(stdout).toContain("error   claude: There is no program claude on the agent's PATH (/nowhere).");
});

test('a home that others can write is told in the words in which every verb refuses it', async () => {
  const { home, run } = clinic();
  mkdirSync(home);
  chmodSync(home, 0o777);
  const { code, stdout } = await run();
  expect(code).toBe(1);
  expect(stdout).toContain('can be written by other users');
  expect(stdout).toContain(`-> Close it: chmod 700 ${home}`);
});

test('a file with mistakes is told as validate tells it, with 2', async () => {
  const { cwd, run } = clinic();
  writeFileSync(join(cwd, 'ecosystem.json'), '{"agents":[{"nmae":"a"}]}');
  const { code, stdout, stderr } = await run('./ecosystem.json');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('nmae');
});

test('without agents and without a file there is still a machine to look at', async () => {
  const { cwd, home, user, bin } = clinic();
  writeFileSync(join(cwd, 'ecosystem.json'), '{"agents":[]}');
  const { stdout } = await runCli(['doctor'], { home, cwd, env: { HOME: user, PATH: `${bin}:/usr/bin:/bin` } });
  expect(stdout).toContain(`ok      claude ${bin}/claude: version 2.1.328, that of your PATH`);
});

test('beside a daemon it looks at the agents of the home and at that daemon', async () => {
  const fleet = standInBox(['ada', 'bob']);
  await fleet.ok('start');
  const elsewhere = temporaryFolder();
  const answer = JSON.parse((await fleet.avWith({ cwd: elsewhere }, 'doctor', '--json')).stdout) as Answer;
  const found = answer.findings.map(({ about, found: text }) => `${about}: ${text}`);
  expect(found).toContain(`daemon: pid ${fleet.daemonPid()}, version ${versionIn(answer)}`);
  expect(found.find((text) => text.startsWith('claude '))).toMatch(/version 2\.1\.328, for ada and bob$/);
  expect(found).toContain('agent bob: signs in with CLAUDE_CODE_OAUTH_TOKEN of the credential max');
  await fleet.ok('daemon', 'stop');
  const after = JSON.parse((await fleet.av('doctor', '--json')).stdout) as Answer;
  expect(after.findings.find(({ id }) => id === 'daemon-absent')?.found).toBe(
    'not running, though 2 of its agents are wanted up',
  );
});

const versionIn = ({ findings }: Answer): string =>
  /version (\S+)$/.exec(findings.find(({ id }) => id === 'daemon')?.found ?? '')?.[1] ?? '';
