import { asWarning } from '../../box/finding.ts';
import { EXIT_CODES } from '../../protocol/errors.ts';
import { count } from '../../wording/count.ts';
import { loadNamedOrFound, notes, problemLine } from '../ecosystem-file.ts';
import { fit } from '../fit.ts';
import { startFindings, tellFindings } from '../findings.ts';
import { NO_OPTIONS } from '../verb.ts';
import type { Context } from '../verb.ts';

export const usage = '[FILE]';
export const options = NO_OPTIONS;
export const takes = { min: 0, max: 1, what: '' };
export const examples = ['agentvisor validate', 'agentvisor validate ./ecosystem.ts --json'];

/** Problems are the answer here, so they stand on stdout; no daemon is asked, none is started. */
export async function run(context: Context): Promise<number> {
  const loaded = await loadNamedOrFound(context, context.args[0]);
  const findings = loaded.ok ? await startFindings(context, loaded.ecosystem) : [];
  const { file, problems, warnings, agents } = loaded.ok
    ? {
        file: loaded.ecosystem.file,
        problems: [],
        warnings: loaded.warnings,
        agents: loaded.ecosystem.agents.map(({ name }) => name),
      }
    : { file: loaded.file, problems: loaded.problems, warnings: [], agents: [] };
  if (context.json) {
    context.answer({ ok: loaded.ok, file, problems, warnings: [...warnings, ...findings.map(asWarning)], agents });
  } else {
    for (const problem of problems) context.say(fit(problemLine(file, problem), process.stdout, context.env));
    notes(context, file, 'warning: ', warnings);
    tellFindings(context, 'warning', findings);
    if (loaded.ok) context.say(`${file}: ${count(agents.length, 'agent')}, no problems`);
  }
  return loaded.ok ? 0 : EXIT_CODES.usage;
}
