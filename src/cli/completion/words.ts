import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { NAME_PATTERN } from '../../kernel/spec.ts';
import { openClient } from '../../client/client.ts';
import type { Client } from '../../client/client.ts';
import { COMMON_OPTIONS } from '../verb.ts';
import type { Context, Option, Verb } from '../verb.ts';
import { VERBS, findVerb } from '../verbs.ts';

/** Stands among the words where a path may be meant: paths are for the shell to complete. */
export const FILES = ':files';

/** Somebody waits at a prompt for it. */
const NAMES_MS_MAX = 500;

/**
 * What may stand where the cursor is. `words` is the command line behind `agentvisor` up to the cursor; its last one is
 * begun, and may be empty.
 */
export async function completions(context: Context, words: readonly string[]): Promise<readonly string[]> {
  const begun = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const at = before.findIndex((word) => !word.startsWith('-'));
  const all = at === -1 || before[at] === 'help' ? verbWords(begun) : await behindVerb(context, before, at, begun);
  return all.filter((word) => word === FILES || word.startsWith(begun));
}

const verbWords = (begun: string): readonly string[] =>
  begun.startsWith('-')
    ? ['--help', '--version', '--json']
    : VERBS.flatMap(({ name, aliases }) => [name, ...aliases]).concat('help');

async function behindVerb(
  context: Context,
  before: readonly string[],
  at: number,
  begun: string,
): Promise<readonly string[]> {
  const verb = await findVerb(before[at] ?? '')?.load();
  if (verb === undefined) return [];
  const options: Readonly<Record<string, Option>> = { ...verb.options, ...COMMON_OPTIONS };
  const behind = before.slice(at + 1);
  const awaiting = awaitingValue(options, behind.at(-1));
  if (awaiting !== undefined) return valuesOf(verb, awaiting);
  if (begun.startsWith('-')) return Object.keys(options).map((name) => `--${name}`);
  const place = placeOf(options, behind);
  return place < verb.takes.max ? argumentsOf(context, verb, place, behind) : [];
}

/** The name of the option whose value comes next. */
function awaitingValue(options: Readonly<Record<string, Option>>, last: string | undefined): string | undefined {
  const found = Object.entries(options).find(
    ([name, { type, short }]) => type === 'string' && (last === `--${name}` || last === `-${short}`),
  );
  return found?.[0];
}

/** How many arguments stand there already. */
const placeOf = (options: Readonly<Record<string, Option>>, behind: readonly string[]): number =>
  behind.filter((word, index) => !word.startsWith('-') && awaitingValue(options, behind[index - 1]) === undefined)
    .length;

/** The usage says what an option and an argument may be; so does the help, and the two cannot differ. */
function valuesOf({ usage, options }: Verb, option: string): readonly string[] {
  const { choices: listed, value } = options[option] ?? {};
  if (listed !== undefined) return listed;
  const choices = new RegExp(`--${option} (\\w+(?:\\|\\w+)+)`).exec(usage)?.[1];
  if (choices !== undefined) return choices.split('|');
  return /^(?:DIR|FILE)$/.test(value ?? '') ? [FILES] : [];
}

async function argumentsOf(
  context: Context,
  { usage }: Verb,
  place: number,
  behind: readonly string[],
): Promise<readonly string[]> {
  const wanted = usage.replace(/\s*\[?--?\w.*$/, '');
  const takesTargets = /\bTARGET\b/.test(wanted);
  const takesNames = takesTargets || (place === 0 && /^\[?NAME\b/.test(wanted));
  const { names, namespaces } = takesNames ? await known(context.home) : NOBODY;
  const targets = takesTargets ? ['all', ...namespaces.map((namespace) => `namespace:${namespace}`)] : [];
  const choices = /^\[?([a-z]+(?:\|[a-z]+)+)\]?$/.exec(wanted)?.[1]?.split('|') ?? [];
  if (place === 0 && /^\[?CREDENTIAL\b/.test(wanted)) return credentialNames(context.home);
  const files = /\b(?:FILE|ECOSYSTEM)\b/.test(wanted) ? [FILES] : [];
  return [...[...names, ...targets].filter((word) => !behind.includes(word)), ...choices, ...files];
}

type Known = { readonly names: readonly string[]; readonly namespaces: readonly string[] };

const NOBODY: Known = { names: [], namespaces: [] };

/** The daemon's, or else, since reading the state takes too long for a prompt, those that have run. Never a failure. */
async function known(home: string): Promise<Known> {
  const rows = await askBriefly(home, (client) => client.call('list', { targets: [] }));
  if (rows === null) return { ...NOBODY, names: folderNames(join(home, 'agents')) };
  const namespaces = new Set(rows.map(({ namespace }) => namespace));
  return { names: rows.map(({ name }) => name), namespaces: [...namespaces].toSorted() };
}

/** The daemon's, or none. Never a failure. */
const credentialNames = async (home: string): Promise<readonly string[]> =>
  ((await askBriefly(home, (client) => client.call('credentials', {}))) ?? []).map(({ name }) => name);

/** Null when nobody answers in time: whatever is wrong, a prompt is not the place to say so. */
async function askBriefly<T>(home: string, use: (client: Client) => Promise<T>): Promise<T | null> {
  try {
    const client = openClient(home, { answerMsMax: NAMES_MS_MAX });
    try {
      return await use(client);
    } finally {
      client.close();
    }
  } catch {
    return null;
  }
}

function folderNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => NAME_PATTERN.test(name));
  } catch {
    // There is no home yet.
    return [];
  }
}
