import { AgentvisorError } from '../protocol/errors.ts';
import type { Outage } from './outage.ts';

/**
 * Recorded outages: newline-delimited JSON, one outage a line. `kind`, `from` and `until` must be there; times are ISO 8601 with
 * a zone, or ms since the epoch. docs/recovery.md describes it.
 */
export type TraceLine = {
  readonly kind: Outage['kind'];
  readonly from: string | number;
  readonly until: string | number;
  readonly credential?: string;
  readonly agent?: string;
  readonly tier?: string;
};

/** A line more is a mistake, or a case for several files. */
export const TRACE_LINES_MAX = 100_000;
/** Between its first and its last time: more would run for hours. */
export const TRACE_DAYS_MAX = 366;

const DAY_MS = 86_400_000;
const KEYS: ReadonlySet<string> = new Set(['kind', 'from', 'until', 'credential', 'agent', 'tier']);
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;
const FORMAT =
  'The format: {"kind":"window","from":"2026-03-01T06:30:00Z","until":"2026-03-01T06:33:00Z"} on each line.';
const FOUND_CHARACTERS_MAX = 60;

/**
 * The outages of a trace, the earliest first.
 * @param name of the file, for people
 * @throws AgentvisorError usage: names the line, what was expected and what was found
 */
export function parseTrace(text: string, name: string): readonly Outage[] {
  const lines = text.split('\n');
  if (lines.length > TRACE_LINES_MAX + 1)
    throw refusal(`${name} has more than ${TRACE_LINES_MAX} lines.`, 'Split it, and simulate the parts.');
  const outages = lines.flatMap((line, index) =>
    line.trim() === '' ? [] : [outageOf(line, `${name}, line ${index + 1}:`)],
  );
  if (outages.length === 0) throw refusal(`${name} holds no outage.`, FORMAT);
  const first = outages.reduce((earliest, { from }) => Math.min(earliest, from), Infinity);
  const last = outages.reduce((latest, { until }) => Math.max(latest, until), -Infinity);
  if (last - first > TRACE_DAYS_MAX * DAY_MS)
    throw refusal(`${name} reaches over more than ${TRACE_DAYS_MAX} days.`, 'Are its times all seconds, or all ms?');
  return outages.toSorted((one, other) => one.from - other.from);
}

/** A line as `parseTrace` reads it. */
export const traceLine = ({ kind, from, until, credential, agent, tier }: Outage): TraceLine => ({
  kind,
  from: new Date(from).toISOString(),
  until: new Date(until).toISOString(),
  ...(credential === null ? {} : { credential }),
  ...(agent === null ? {} : { agent }),
  ...(tier === null ? {} : { tier }),
});

function outageOf(line: string, where: string): Outage {
  const value = objectOf(line, where);
  const unknown = Object.keys(value).find((key) => !KEYS.has(key));
  if (unknown !== undefined) throw wrong(where, `only ${[...KEYS].join(', ')}`, unknown);
  const { kind } = value;
  if (kind !== 'window' && kind !== 'throttle') throw wrong(where, '"kind" to be "window" or "throttle"', kind);
  const from = timeOf(value['from'], 'from', where);
  const until = timeOf(value['until'], 'until', where);
  if (until <= from) throw wrong(where, '"until" to be later than "from"', value['until']);
  const [credential, agent, tier] = (['credential', 'agent', 'tier'] as const).map((key) =>
    nameOf(value[key], key, where),
  );
  if (tier !== null && kind === 'window') throw wrong(where, 'a "tier" on throttles only', tier);
  return { kind, from, until, credential: credential ?? null, agent: agent ?? null, tier: tier ?? null };
}

function objectOf(line: string, where: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Said below, as for any other line that is none.
  }
  throw wrong(where, 'one JSON object', line);
}

function timeOf(value: unknown, key: string, where: string): number {
  const at = typeof value === 'string' && ISO_TIME.test(value) ? Date.parse(value) : value;
  if (typeof at === 'number' && Number.isFinite(at) && at >= 0) return Math.round(at);
  throw wrong(where, `"${key}" to be a time, such as "2026-03-01T06:30:00Z" or ms since 1970`, value);
}

function nameOf(value: unknown, key: string, where: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(where, `"${key}" to be a name`, value);
}

function wrong(where: string, expected: string, found: unknown): AgentvisorError {
  const text = found === undefined ? 'nothing' : typeof found === 'string' ? found : JSON.stringify(found);
  const short = text.length > FOUND_CHARACTERS_MAX ? `${text.slice(0, FOUND_CHARACTERS_MAX)}...` : text;
  return refusal(`${where} expected ${expected}, found ${short}.`, FORMAT);
}

const refusal = (message: string, nextStep: string): AgentvisorError => new AgentvisorError('usage', message, nextStep);
