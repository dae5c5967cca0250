import type { AgentResult } from '../protocol/api.ts';
import { EXIT_CODES } from '../protocol/errors.ts';
import { fit } from './fit.ts';
import type { Context } from './verb.ts';

/** Prints what became of each agent; the exit code tells all, some and none apart. */
export function reportResults(context: Context, results: readonly AgentResult[]): number {
  if (context.json) context.answer(results);
  for (const result of results) {
    const { name, ok, change, detail } = result;
    if (!ok) noteFailure(context, result);
    else if (!context.json)
      context.say(fit(`${name} ${change}${detail === '' ? '' : ` (${detail})`}`, process.stdout, context.env));
  }
  if (results.length === 0) context.note('agentvisor: there are no agents');
  const known = results.filter(({ ok, cause }) => !ok && cause !== null).map(({ name }) => name);
  if (known.length > 0)
    context.note(`agentvisor: what comes next, and what to do: agentvisor explain ${known.join(' ')}`);
  return exitCodeOf(results);
}

/** Says that something could not be done for an agent, and why. */
export function noteFailure(context: Context, { name, cause, detail }: AgentResult): void {
  const why = [cause, detail].filter((part) => part !== null && part !== '').join(': ');
  context.note(`agentvisor: ${name} failed${why === '' ? '' : ` (${why})`}`);
}

/** Tells all, some and none apart. */
export function exitCodeOf(results: readonly Pick<AgentResult, 'ok'>[]): number {
  const failed = results.filter(({ ok }) => !ok).length;
  if (failed === 0) return 0;
  return failed === results.length ? EXIT_CODES.failed : EXIT_CODES['some-failed'];
}
