import type { AgentResult } from '../protocol/api.ts';
import { EXIT_CODES } from '../protocol/errors.ts';
import type { Context } from './verb.ts';

/** Prints what became of each agent; the exit code tells all, some and none apart. */
export function reportResults(context: Context, results: readonly AgentResult[]): number {
  if (context.json) context.answer(results);
  for (const { name, ok, change, cause, detail } of results) {
    const why = [cause, detail].filter((part) => part !== null && part !== '').join(': ');
    if (!ok) context.note(`agentvisor: ${name} failed${why === '' ? '' : ` (${why})`}`);
    else if (!context.json) context.say(`${name} ${change}${detail === '' ? '' : ` (${detail})`}`);
  }
  if (results.length === 0) context.note('agentvisor: there are no agents');
  const failed = results.filter(({ ok }) => !ok);
  if (failed.length === 0) return 0;
  const known = failed.filter(({ cause }) => cause !== null).map(({ name }) => name);
  if (known.length > 0)
    context.note(`agentvisor: what comes next, and what to do: agentvisor explain ${known.join(' ')}`);
  return failed.length === results.length ? EXIT_CODES.failed : EXIT_CODES['some-failed'];
}
