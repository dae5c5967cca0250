import { closest } from '../config/suggest.ts';
import { AgentvisorError } from '../protocol/errors.ts';
import { VERBS } from './verbs.ts';

/** Everything that can be wrong with a command line. */
export const usageError = (message: string, nextStep: string, cause?: unknown): AgentvisorError =>
  new AgentvisorError('usage', message, nextStep, cause);

export function unknownVerb(word: string): AgentvisorError {
  const known = [VERBS.map(({ name }) => name), ...VERBS.map(({ aliases }) => aliases)].flat();
  const near = closest(word, known);
  const nextStep = near === undefined ? 'See them all: agentvisor --help' : `Did you mean: agentvisor ${near}`;
  return usageError(`There is no verb ${quote(word)}.`, nextStep);
}

export const missingArgument = (verb: string, what: string, usage: string): AgentvisorError =>
  usageError(`${verb} needs ${what}.`, `Usage: agentvisor ${verb} ${usage}`);

export const surplusArgument = (verb: string, argument: string, usage: string): AgentvisorError =>
  usageError(
    `${verb} does not know what to do with ${quote(argument)}${usage.startsWith('NAME TEXT') ? '; a text of several words needs quotes' : ''}.`,
    `Usage: agentvisor ${verb} ${usage}`,
  );

/** Node's own messages run over several sentences and name no verb. */
export function wrongOption(verb: string, options: readonly string[], cause: unknown): AgentvisorError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const said = cause instanceof Error ? cause.message : String(cause);
  const option = /'(-[^'\s]*)/.exec(said)?.[1] ?? 'an option';
  if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') {
    const problem = said.includes('does not take') ? 'takes no value' : 'needs a value';
    return usageError(`The option ${option} of ${verb} ${problem}.`, `See: agentvisor ${verb} --help`, cause);
  }
  const near = closest(option.replace(/^-+/, ''), options);
  const nextStep =
    near === undefined
      ? `See: agentvisor ${verb} --help (a text that begins with "-" goes behind " -- ")`
      : `Did you mean: --${near}`;
  return usageError(`${verb} has no option ${quote(option)}.`, nextStep, cause);
}

export const wrongValue = (option: string, expected: string, found: string): AgentvisorError =>
  usageError(`${option} expects ${expected}, not ${quote(found)}.`, '');

const QUOTED_CHARACTERS_MAX = 60;

function quote(word: string): string {
  return JSON.stringify(word.length <= QUOTED_CHARACTERS_MAX ? word : `${word.slice(0, QUOTED_CHARACTERS_MAX)}...`);
}
