import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { claudeVersion } from '../../src/box/claude-version.ts';
import { runBriefly } from '../../src/box/run-briefly.ts';
import { temporaryFolder } from '../cli/folder.ts';

const PATH = '/usr/bin:/bin';

/** A program that notes what it was started with. */
function program(script: string): { readonly file: string; readonly folder: string } {
  const folder = temporaryFolder();
  const file = join(folder, 'claude');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return { file, folder };
}

test('it is asked for its version and nothing else, in a home that is gone afterwards, without any credential', async () => {
  const { file, folder } = program(
    `here=$(dirname "$0"); env > "$here/env"; echo "$@" > "$here/args"; echo '2.1.34 (Claude Code)'`,
  );
  const env = { PATH, HOME: '/home/ada', CLAUDE_CONFIG_DIR: '/home/ada/.claude', CLAUDE_CODE_OAUTH_TOKEN: 'secret' };
  expect(await claudeVersion(file, env)).toBe('2.1.34');
  expect(readFileSync(join(folder, 'args'), 'utf8')).toBe('--version\n');
  const seen = readFileSync(join(folder, 'env'), 'utf8');
  expect(seen).not.toMatch(/secret|CLAUDE_CONFIG_DIR|\/home\/ada/);
  const [, home = ''] = /^HOME=(.*)$/m.exec(seen) ?? [];
  expect(home).toContain('agentvisor-version-');
  expect(existsSync(home)).toBe(false);
});

test.each([
  ['fails', 'echo 2.1.34; exit 1'],
  ['says something else', 'echo hello'],
  ['prints without end', 'exec yes'],
  ['cannot be run', 'exec /nowhere/at/all'],
])('one that %s tells no version', async (_, script) => {
  expect(await claudeVersion(program(script).file, { PATH })).toBeNull();
});

test('one that never ends is given up and ended with all that it started', async () => {
  const { file, folder } = program('sleep 3600 & echo $! > "$(dirname "$0")/pid"; wait');
  expect(await runBriefly(file, [], { env: { PATH }, cwd: folder, msMax: 300 })).toBeNull();
  const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
});

test('one that is not there is no answer', async () => {
  const folder = temporaryFolder();
  expect(await runBriefly('loginctl', [], { env: { PATH: '/nowhere' }, cwd: folder, msMax: 20_000 })).toBeNull();
});

test('one that leaves something behind is not waited for', async () => {
  const { file, folder } = program('sleep 3600 & echo 2.1.34');
  expect(await runBriefly(file, [], { env: { PATH }, cwd: folder, msMax: 20_000 })).toBe('2.1.34\n');
});

/** A zombie is not. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
