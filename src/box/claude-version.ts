import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runBriefly } from './run-briefly.ts';

/** Nobody waits longer for a version that is only good to know. */
const VERSION_MS_MAX = 2_000;
/** Those that a wrapper of `claude` may need to find its program. */
const PASSED_ON = ['PATH', 'LANG', 'TMPDIR'];

/**
 * The version of the `claude` at `file`, null when it does not tell. It is asked for nothing but `--version`, in a home that
 * is thrown away: it finds no login there, and can spend none (`claude auth status` and `claude doctor` can).
 */
export async function claudeVersion(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | null> {
  const home = makeHome();
  if (home === null) return null;
  try {
    const passed = PASSED_ON.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    const output = await runBriefly(file, ['--version'], {
      env: {
        ...Object.fromEntries(passed),
        HOME: home,
        DISABLE_AUTOUPDATER: '1',
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      },
      cwd: home,
      msMax: VERSION_MS_MAX,
    });
    return /\d+\.\d+\.\d+[\w.-]*/.exec(output ?? '')?.[0] ?? null;
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 2 });
  }
}

function makeHome(): string | null {
  try {
    return mkdtempSync(join(tmpdir(), 'agentvisor-version-'));
  } catch {
    // A full disk is told elsewhere; nobody's start fails for a version.
    return null;
  }
}
