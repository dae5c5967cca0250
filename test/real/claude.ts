import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The versions that the recordings and the stand-in speak for. */
export const VERSIONS = ['2.1.195', '2.1.328'] as const;

export type RealClaude = {
  readonly version: (typeof VERSIONS)[number];
  readonly bin: string;
  /** Null when it is there; otherwise why its tests are skipped, for their title. */
  readonly missing: string | null;
};

/**
 * The real Claude Code of each version, as `npm install --prefix CACHE/VERSION @anthropic-ai/claude-code@VERSION` leaves it.
 * It is too large to be a dependency.
 */
export function realClaudes(): RealClaude[] {
  const isRequired = process.env['AGENTVISOR_REQUIRE_REAL'] === '1';
  const caches = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const cache = process.env['AGENTVISOR_CLAUDE_CACHE'] ?? join(caches, 'agentvisor', 'claude');
  const platform = `claude-code-${process.platform}-${process.arch}`;
  return VERSIONS.map((version) => {
    const bin = join(cache, version, 'node_modules', '@anthropic-ai', platform, 'claude');
    const missing = existsSync(bin) ? null : `skipped: Claude Code ${version} is not installed at ${bin}`;
    if (missing !== null && isRequired) throw new Error(missing);
    return { version, bin, missing };
  });
}
