import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTATIONS, type Mutation } from './mutations.ts';

/**
 * Makes one mistake after the other in a copy of the kernel and runs the tests that must notice it.
 * `npm run test:mutations [PART OF A NAME]`; ends with 1 when a mistake survives.
 */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');

/** Enough for each of the mistakes, and the same for everybody who looks. */
const HISTORIES = { KERNEL_HISTORIES: '200', KERNEL_SEED: '1' };
const CONFIG = `export default { test: { include: ['test/**/*.test.ts'], testTimeout: 60_000 } };\n`;

type Outcome = { readonly failed: number; readonly passed: number };

function copyOfKernel(): string {
  const folder = mkdtempSync(join(tmpdir(), 'agentvisor-mutations-'));
  cpSync(join(ROOT, 'src'), join(folder, 'src'), { recursive: true });
  for (const tests of ['test/kernel', 'test/stand-in']) {
    cpSync(join(ROOT, tests), join(folder, tests), { recursive: true });
  }
  for (const file of ['package.json', 'tsconfig.json']) cpSync(join(ROOT, file), join(folder, file));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'vitest.config.mjs'), CONFIG);
  return folder;
}

function runTests(folder: string, files: readonly string[]): Outcome {
  const report = join(folder, 'report.json');
  rmSync(report, { force: true });
  const paths = files.map((file) => join('test/kernel', file));
  const args = [VITEST, 'run', '--bail', '1', '--reporter', 'json', '--outputFile', report, ...paths];
  const env = { ...process.env, ...HISTORIES };
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' });
  try {
    const { numFailedTests, numPassedTests } = JSON.parse(readFileSync(report, 'utf8')) as Readonly<
      Record<'numFailedTests' | 'numPassedTests', number>
    >;
    return { failed: numFailedTests, passed: numPassedTests };
  } catch (error) {
    throw new Error(`the tests did not run:\n${stdout}${stderr}`, { cause: error });
  }
}

/** @returns whether a test has noticed it */
function isKilled(folder: string, { file, from, to, killedBy }: Mutation): boolean {
  const path = join(folder, 'src/kernel', file);
  const source = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    source.replace(from, () => to),
  );
  try {
    // One after the other: the first that notices it is enough.
    return killedBy.some((test) => runTests(folder, [test]).failed > 0);
  } finally {
    writeFileSync(path, source);
  }
}

function main(wanted: string): number {
  const mutations = MUTATIONS.filter(({ name }) => name.includes(wanted));
  const folder = copyOfKernel();
  try {
    const files = [...new Set(mutations.flatMap(({ killedBy }) => killedBy))];
    const { failed, passed } = runTests(folder, files);
    console.log(`without a mistake: ${passed} tests pass, ${failed} fail`);
    if (failed > 0) return 1;
    const survivors = mutations.filter((mutation) => {
      const began = Date.now();
      const killed = isKilled(folder, mutation);
      console.log(`${killed ? 'killed  ' : 'SURVIVED'} ${String(Date.now() - began).padStart(6)} ms  ${mutation.name}`);
      return !killed;
    });
    console.log(`${mutations.length - survivors.length} of ${mutations.length} were noticed`);
    return survivors.length > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = main(process.argv[2] ?? '');
