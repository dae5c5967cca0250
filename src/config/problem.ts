import { redact } from '../kernel/redaction.ts';

/** One mistake in an ecosystem file, or one doubt about it. `path` is empty when it is about the file as a whole. */
export type Problem = {
  readonly path: string;
  readonly expected: string;
  readonly found: string;
  /** One line that says it all but the hint. */
  readonly message: string;
  /** The next step. */
  readonly hint?: string;
};

export type Path = readonly PropertyKey[];

const SHOWN_CHARACTERS_MAX = 60;
/** Below these keys stand secrets, or what is mistaken for the place of one. */
const PRIVATE_KEYS: ReadonlySet<PropertyKey> = new Set(['env', 'from', 'webhook']);

export function problemAt(path: Path, expected: string, value: unknown, hint?: string): Problem {
  return problemWith(path, expected, describe(value, path), hint);
}

/** The same, where words say better than the value what was found. */
export function problemWith(path: Path, expected: string, found: string, hint?: string): Problem {
  const where = formatPath(path);
  const message = `${where === '' ? 'the file' : where}: expected ${expected}, found ${found}`;
  return { path: where, expected, found, message, ...(hint === undefined ? {} : { hint }) };
}

/** A warning: what is there, and why that is doubtful. */
export function doubtAt(path: Path, expected: string, doubt: string, hint: string): Problem {
  const where = formatPath(path);
  return { path: where, expected, found: doubt, message: `${where}: ${doubt}`, hint };
}

/** `agents[2].restart.delayMin` */
export function formatPath(path: Path): string {
  const text = path.map((key) =>
    typeof key === 'number' ? `[${key}]` : isWord(key) ? `.${key}` : `[${JSON.stringify(String(key))}]`,
  );
  return redact(text.join('').replace(/^\./, ''));
}

function describe(value: unknown, path: Path): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return `${value}`;
  if (typeof value !== 'string') return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
  if (path.some((key) => PRIVATE_KEYS.has(key))) return value === '' ? 'empty text' : 'text (not shown)';
  const shown = JSON.stringify(redact(value));
  return shown.length <= SHOWN_CHARACTERS_MAX ? shown : `${shown.slice(0, SHOWN_CHARACTERS_MAX)}…`;
}

function isWord(key: PropertyKey): key is string {
  return typeof key === 'string' && /^[\w-]+$/.test(key);
}
