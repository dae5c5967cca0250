import { FIXED_VERSION, missingFixes } from '../claude/known-fixes.ts';
import { error, fine, namesOf, warning } from './finding.ts';
import type { Finding } from './finding.ts';

/** A `claude` that agents are started with. */
export type ClaudeProgram = {
  readonly agents: readonly string[];
  /** Where it is, or why there is none. */
  readonly at: { readonly file: string } | { readonly missing: string };
  /** What it says itself, or what its agents have told; null when nobody knows. */
  readonly version: string | null;
};

/** What the `claude` of agents lacks. */
export const claudeChecks = (programs: readonly ClaudeProgram[]): readonly Finding[] => programs.map(checkOf);

function checkOf({ agents, at, version }: ClaudeProgram): Finding {
  const whose = agents.length === 0 ? 'that of your PATH' : `for ${namesOf(agents)}`;
  if ('missing' in at) {
    // Nobody needs it yet.
    const level = agents.length === 0 ? warning : error;
    const found = agents.length === 0 ? at.missing : `${at.missing} ${namesOf(agents)} cannot start without it.`;
    return level('claude-missing', 'claude', found, 'install Claude Code, or name it: claude: { bin }');
  }
  const about = `claude ${at.file}`;
  if (version === null) {
    return warning('claude-version', about, `does not tell its version (${whose})`, `try it: ${at.file} --version`);
  }
  const fixes = missingFixes(version);
  if (fixes.length === 0) return fine('claude', about, `version ${version}, ${whose}`);
  // The last ones matter most to agents that run for long, 2.1.225 before all.
  const named = fixes.find((fix) => fix.version === '2.1.225') ?? fixes[0];
  const more = fixes.length === 1 ? '' : ` (and ${fixes.length - 1} more)`;
  const found = `version ${version} lacks what ${named?.version} mended: ${named?.ended}${more}; it is ${whose}`;
  return warning('missing-fix', about, found, `bring it to ${FIXED_VERSION} or later, then: agentvisor reload all`);
}
