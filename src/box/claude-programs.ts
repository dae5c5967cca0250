import type { Declared } from './agent-sign-in.ts';
import type { ClaudeProgram } from './claude-checks.ts';
import { claudeVersion } from './claude-version.ts';
import { preflight } from './preflight.ts';

/** At most this many different programs are asked for their version; nobody has more. */
const PROGRAMS_ASKED_MAX = 16;

/**
 * The programs that stream agents are started with, each once, with the version that it tells. `recorded`: what an agent's
 * own process has told, for a program that does not.
 */
export async function claudePrograms(
  agents: readonly Declared[],
  recorded: (agent: string) => string | null,
): Promise<readonly ClaudeProgram[]> {
  const programs = new Map<string, { at: ClaudeProgram['at']; agents: string[]; path: string | undefined }>();
  for (const { spec, environment } of agents.filter((agent) => agent.spec.mode === 'stream')) {
    const path = spec.env['PATH'] ?? environment['PATH'];
    const found = preflight({ cwd: spec.cwd, argv0: spec.claude.bin, path });
    // That its folder is missing says nothing about the program.
    if (!found.ok && (found.what === 'missing-cwd' || found.what === 'cwd-not-a-folder')) continue;
    const key = found.ok ? found.file : found.message;
    const known = programs.get(key) ?? {
      at: found.ok ? { file: found.file } : { missing: found.message },
      agents: [],
      path,
    };
    known.agents.push(spec.name);
    programs.set(key, known);
  }
  const asked = [...programs.values()].slice(0, PROGRAMS_ASKED_MAX);
  return Promise.all(
    asked.map(async ({ at, agents: names, path }) => ({
      at,
      agents: names,
      version:
        'missing' in at
          ? null
          : ((await claudeVersion(at.file, { ...process.env, PATH: path })) ?? told(names, recorded)),
    })),
  );
}

/** The one that an agent would be started with that says nothing else. */
export async function claudeOnPath(path: string | undefined, cwd: string): Promise<ClaudeProgram> {
  const found = preflight({ cwd, argv0: 'claude', path });
  if (!found.ok) return { at: { missing: 'there is no claude on your PATH' }, agents: [], version: null };
  return {
    at: { file: found.file },
    agents: [],
    version: await claudeVersion(found.file, { ...process.env, PATH: path }),
  };
}

const told = (names: readonly string[], recorded: (agent: string) => string | null): string | null =>
  names.map(recorded).find((version) => version !== null) ?? null;
