import { problemWith } from './problem.ts';
import type { Path, Problem } from './problem.ts';

/** Far more than any ecosystem file holds; stops one that refers to itself in ever new objects. */
export const ENTRIES_MAX = 200_000;
export const DEPTH_MAX = 32;

export type PlainData = { readonly value: unknown; readonly problems: readonly Problem[] };

/**
 * Copies what a file exports into plain JSON data. What JSON cannot hold is a mistake with its path: it would otherwise
 * vanish without a word. `undefined` behind a key is dropped, so that `env: { A: process.env.A }` works.
 */
export function plainData(exported: unknown): PlainData {
  const copier = { problems: [] as Problem[], entries: 0 };
  return { value: copy(exported, [], [], copier), problems: copier.problems };
}

type Copier = { readonly problems: Problem[]; entries: number };

function copy(value: unknown, path: Path, parents: readonly object[], copier: Copier): unknown {
  const mistake = whyNotPlain(value, path, parents, copier);
  if (mistake !== undefined) {
    // One report is enough: past the limit every further entry would make another.
    if (copier.entries <= ENTRIES_MAX + 1) copier.problems.push(mistake);
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return value;
  const within = [...parents, value];
  if (Array.isArray(value))
    return Array.from(value, (item: unknown, index) => copy(item, [...path, index], within, copier));
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries.map(([key, field]) => [key, copy(field, [...path, key], within, copier)]));
}

function whyNotPlain(value: unknown, path: Path, parents: readonly object[], copier: Copier): Problem | undefined {
  copier.entries += 1;
  const plain = 'plain data (text, numbers, true, false, null, lists, objects)';
  const wrong = (found: string, hint?: string): Problem => problemWith(path, plain, found, hint);
  if (copier.entries > ENTRIES_MAX) return wrong(`more than ${ENTRIES_MAX} entries`);
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : wrong(String(value));
    case 'undefined':
      return path.length === 0 ? undefined : wrong('undefined in a list', 'filter it out: [ … ].filter(Boolean)');
    case 'function':
      return wrong('a function', 'call it, and export what it returns');
    case 'symbol':
      return wrong('a symbol');
    case 'bigint':
      return wrong('a bigint', 'write it as a number');
    case 'object':
      return value === null ? undefined : whyNotPlainObject(value, path, parents, wrong);
  }
}

function whyNotPlainObject(
  value: object,
  path: Path,
  parents: readonly object[],
  wrong: (found: string, hint?: string) => Problem,
): Problem | undefined {
  if (parents.includes(value)) return wrong('a reference to an object that it is part of');
  if (path.length > DEPTH_MAX) return wrong(`more than ${DEPTH_MAX} levels`);
  if (value instanceof Promise) return wrong('a promise', 'await it');
  const prototype: unknown = Object.getPrototypeOf(value);
  // Not compared with Object.prototype alone: the data may come from another realm (vm).
  const isPlain = Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null;
  return isPlain
    ? undefined
    : wrong(`a ${value.constructor.name || 'class instance'}`, 'write it as text or as a plain object');
}
