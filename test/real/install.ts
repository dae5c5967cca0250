import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { realClaudes } from './claude.ts';

/**
 * Puts the real Claude Code of every tested version where `npm test` looks for it: 590 MB, outside the clone. The
 * platform's own package holds the binary; nothing of it needs an install script.
 */
for (const { version, bin, missing } of realClaudes()) {
  if (missing === null) {
    console.log(`Claude Code ${version}: is there (${bin})`);
    continue;
  }
  const prefix = join(dirname(bin), '../../..');
  const name = `@anthropic-ai/claude-code-${process.platform}-${process.arch}@${version}`;
  mkdirSync(prefix, { recursive: true });
  console.log(`Claude Code ${version}: installing into ${prefix}`);
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save'];
  const { status } = spawnSync('npm', ['install', '--prefix', prefix, ...flags, name], { stdio: 'inherit' });
  if (status !== 0 || !existsSync(bin)) {
    console.error(`Claude Code ${version} could not be installed from npm.`);
    process.exitCode = 1;
  }
}
