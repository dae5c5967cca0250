import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAIN = join(ROOT, 'dist/cli/main.js');

let built = false;

/** Tests of the command line run what users run: the compiled program. Built once, and only when a source is newer. */
export default function build(): void {
  if (built || isFresh()) return;
  built = true;
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  // Types that are wrong fail `check:types` and the build in front of `npm test`; what was emitted can still be tested.
  if (status !== 0) process.stderr.write(`tsc ended with ${status}:\n${stdout}${stderr}`);
  chmodSync(MAIN, 0o755);
}

function isFresh(): boolean {
  const builtAt = statSync(MAIN, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  return [...sources.map((name) => join('src', name)), 'tsconfig.json', 'tsconfig.build.json'].every(
    (path) => statSync(join(ROOT, path)).mtimeMs < builtAt,
  );
}
