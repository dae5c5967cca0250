import type { z } from 'zod';
import type { Hint } from './leaves.ts';
import { problemAt } from './problem.ts';
import type { Path, Problem } from './problem.ts';
import { ecosystemSchema } from './schema.ts';
import type { Draft } from './schema.ts';
import { unknownKey } from './unknown-key.ts';

type Issue = z.core.$ZodIssue;

const TYPE_WORDS: Readonly<Record<string, string>> = { object: 'an object', record: 'an object', array: 'a list' };

/** Compares a value with the schema. What fits is handed on even when something else does not. */
export function checkShape(raw: unknown): { readonly draft: Draft; readonly problems: readonly Problem[] } {
  const result = ecosystemSchema.safeParse(raw);
  if (result.success) return { draft: result.data, problems: [] };
  const { issues } = result.error;
  const cuts = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
  );
  // The cast says what `Draft` means: all that did not fit is gone.
  const draft = cuts.reduce(without, raw) as Draft | undefined;
  return { draft: draft ?? {}, problems: issues.flatMap((issue) => explain(issue, raw)) };
}

function explain(issue: Issue, raw: unknown): readonly Problem[] {
  const value = valueAt(raw, issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(issue.path, key));
    case 'invalid_type':
      return [problemAt(issue.path, TYPE_WORDS[issue.expected] ?? issue.expected, value, topHint(issue.path))];
    case 'too_small':
      return [problemAt(issue.path, 'a list with at least one entry', value)];
    case 'custom': {
      // `leaves.ts` is the only place that makes custom issues, and puts its hint there.
      const hint = issue.params?.['hint'] as Hint | undefined;
      return [problemAt(issue.path, issue.message, value, hint?.(value))];
    }
    default:
      return [problemAt(issue.path, issue.message, value)];
  }
}

function topHint(path: Path): string | undefined {
  if (path.length === 0) return 'write: export default defineEcosystem({ agents: [ … ] })';
  return path.length === 1 && path[0] === 'agents' ? "agents: [{ name: 'reviewer', cwd: './reviewer' }]" : undefined;
}

function valueAt(raw: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) => (isFields(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    raw,
  );
}

/** The same value without what stands at `path`: a key disappears, an entry of a list becomes null. */
function without(value: unknown, path: Path): unknown {
  const [head, ...rest] = path;
  if (head === undefined || !isFields(value)) return undefined;
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => (index === head ? (without(item, rest) ?? null) : item));
  }
  const kept = Object.entries(value).map(([key, field]) => [key, key === head ? without(field, rest) : field] as const);
  return Object.fromEntries(kept.filter(([key, field]) => key !== head || field !== undefined));
}

function isFields(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === 'object' && value !== null;
}
