import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { CONFIG_EXTENSIONS, loadEcosystem } from '../../config/load.ts';
import { readRawIncidents } from '../../home/records.ts';
import { AgentvisorError } from '../../protocol/errors.ts';
import type { KernelFleet } from '../../simulate/kernel-host.ts';
import type { Outage } from '../../simulate/outage.ts';
import { outagesOf } from '../../simulate/past.ts';
import type { Source } from '../../simulate/report.ts';
import { fleetOf, fleetOfRecord, recordedScene, syntheticScene } from '../../simulate/scene.ts';
import { isPolicy, POLICIES, type PolicyName } from '../../simulate/policy-names.ts';
import type { Scene } from '../../simulate/simulate.ts';
import { parseTrace, TRACE_DAYS_MAX } from '../../simulate/trace-file.ts';
import { notes } from '../ecosystem-file.ts';
import { usageError, wrongValue } from '../usage.ts';
import { positiveInteger } from '../values.ts';
import type { Context } from '../verb.ts';
import { AGENTS_USUAL, DAYS_USUAL, SEED_USUAL } from './usual.ts';

/** More would run for hours. */
const AGENTS_MAX = 100;
const TRACE_BYTES_MAX = 50 * 2 ** 20;

export type Asked = { readonly scene: Scene; readonly source: Source; readonly policies: readonly PolicyName[] };

/** What the command line asks to be simulated; undefined when the ecosystem file has mistakes, which people are then told. */
export async function askedFor(context: Context): Promise<Asked | undefined> {
  const { file, policies } = words(context);
  const days = numberUpTo(context, 'days', TRACE_DAYS_MAX);
  const seed = positiveInteger('--seed', context.option('seed')) ?? SEED_USUAL;
  const count = numberUpTo(context, 'agents', AGENTS_MAX);
  if (file !== undefined && count !== undefined)
    throw usageError('--agents and an ecosystem file both say which agents there are.', 'Leave one of them out.');
  const record = recordOf(context);
  const declared = file === undefined ? undefined : await declaredFleet(context, file);
  if (file !== undefined && declared === undefined) return undefined;
  if (record === undefined) {
    const fleet = declared ?? fleetOf(count ?? AGENTS_USUAL);
    const scene = syntheticScene(fleet, days ?? DAYS_USUAL, seed);
    return { scene, source: { kind: 'synthetic', file: null }, policies };
  }
  const fleet = declared ?? fleetOfRecord(record.outages, count ?? AGENTS_USUAL);
  return { scene: recordedScene(fleet, record.outages, days ?? null, seed), source: record.source, policies };
}

/** Names of policies stand behind --policy, separated by commas or blanks; another word is the file. */
function words(context: Context): { readonly file: string | undefined; readonly policies: readonly PolicyName[] } {
  const given = context.options('policy').flatMap((value) => value.split(','));
  const wrong = given.find((word) => !isPolicy(word));
  if (wrong !== undefined) throw wrongValue('--policy', POLICIES.join(', '), wrong);
  const isBehind = (word: string): boolean => given.length > 0 && isPolicy(word);
  const [file, surplus] = context.args.filter((word) => !isBehind(word));
  if (surplus !== undefined)
    throw usageError(
      `simulate takes one ecosystem file, and ${JSON.stringify(surplus)} is one word more.`,
      `A policy stands behind --policy: ${POLICIES.join(', ')}`,
    );
  const named = [...given, ...context.args.filter(isBehind)];
  return { file, policies: named.length === 0 ? POLICIES : POLICIES.filter((name) => named.includes(name)) };
}

function numberUpTo(context: Context, option: string, max: number): number | undefined {
  const text = context.option(option);
  const number = positiveInteger(`--${option}`, text);
  if (number !== undefined && number > max) throw wrongValue(`--${option}`, `at most ${max}`, text ?? '');
  return number;
}

function recordOf(context: Context): { readonly outages: readonly Outage[]; readonly source: Source } | undefined {
  const trace = context.option('trace');
  const isHistory = context.flag('from-history');
  if (trace !== undefined && isHistory)
    throw usageError('--trace and --from-history both say what happened.', 'Leave one of them out.');
  if (trace !== undefined) {
    const file = resolve(context.cwd, trace);
    return { outages: parseTrace(textOf(file), trace), source: { kind: 'trace', file } };
  }
  if (!isHistory) return undefined;
  const outages = outagesOf(readRawIncidents(context.home));
  if (outages.length === 0)
    throw new AgentvisorError(
      'failed',
      `In ${context.home} no incident has opened and closed in which the API turned somebody away.`,
      'Simulate without --from-history: the outages are then made up.',
    );
  return { outages, source: { kind: 'history', file: null } };
}

function textOf(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > TRACE_BYTES_MAX)
      throw usageError(`${file} is larger than ${TRACE_BYTES_MAX} bytes.`, 'Split it, and simulate the parts.');
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof AgentvisorError) throw cause;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw usageError(`The trace cannot be read: ${said}.`, 'Give a file that holds one outage a line.', cause);
  }
}

async function declaredFleet(context: Context, file: string): Promise<KernelFleet | undefined> {
  if (!file.includes('/') && !CONFIG_EXTENSIONS.some((extension) => file.endsWith(extension)))
    throw usageError(
      `${JSON.stringify(file)} is no ecosystem file: it ends in none of ${CONFIG_EXTENSIONS.join(' ')}.`,
      'A policy stands behind --policy; see: agentvisor simulate --help',
    );
  const loaded = await loadEcosystem(file, { cwd: context.cwd });
  if (!loaded.ok) {
    notes(context, loaded.file, '', loaded.problems);
    return undefined;
  }
  const { agents, credentials } = loaded.ecosystem;
  const simulated = agents.filter(({ mode, enabled }) => mode === 'stream' && enabled);
  if (simulated.length === 0)
    throw usageError(
      `${loaded.ecosystem.file} declares no enabled agent in stream mode.`,
      'Only those sign in to the API; leave the file out for six that do.',
    );
  return { agents: simulated, credentials };
}
