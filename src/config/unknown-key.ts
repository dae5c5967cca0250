import { z } from 'zod';
import { DEFAULTS } from './defaults.ts';
import { formatPath } from './problem.ts';
import type { Path, Problem } from './problem.ts';
import { ecosystemSchema } from './schema.ts';
import { closest } from './suggest.ts';

/** Words of pm2's ecosystem files, and what they are called here. */
const PM2_WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    apps: 'agents',
    script: 'command',
    autorestart: 'restart.when',
    max_restarts: 'restart.crashesMax',
    restart_delay: 'restart.delayMin',
    kill_timeout: 'stop.killTimeout',
    treekill: 'stop.killMode',
    max_memory_restart: 'memory.max',
    env_file: 'envFile',
    cron_restart: 'idleWake.at',
  }),
);

export function unknownKey(parent: Path, key: string): Problem {
  const known = knownKeys(parent);
  const where = formatPath(parent);
  const path = formatPath([...parent, key]);
  const shown = JSON.stringify(formatPath([key]));
  return {
    path,
    expected: `one of ${known.join(', ')}`,
    found: `the unknown key ${shown}`,
    message: `${where === '' ? 'the file' : where}: there is no option ${shown}`,
    hint: hintFor(parent, key, known),
  };
}

function hintFor(parent: Path, key: string, known: readonly string[]): string {
  if (parent[0] === 'defaults' && parent.length === 1 && key === 'name') {
    return '`defaults` takes every option of an agent but its name';
  }
  // First what has exactly this name: `model` is nearer to claude.model than to mode.
  const elsewhere = PM2_WORDS.get(key) ?? exactName(parent, key) ?? closest(key, known);
  if (elsewhere !== undefined) return `did you mean "${elsewhere}"?`;
  return `known here: ${known.join(', ')}`;
}

/** The keys that the schema knows at a place. */
function knownKeys(path: Path): readonly string[] {
  let schema: unknown = bare(ecosystemSchema);
  for (const key of path) schema = bare(child(schema, String(key)));
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function child(schema: unknown, key: string): unknown {
  if (schema instanceof z.ZodObject) return schema.shape[key];
  if (schema instanceof z.ZodArray) return schema.element;
  return schema instanceof z.ZodRecord ? schema.valueType : undefined;
}

function bare(schema: unknown): unknown {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable || inner instanceof z.ZodReadonly) {
    inner = inner.unwrap();
  }
  return inner;
}

/** An option that was written one level too high or too low. */
function exactName(parent: Path, key: string): string | undefined {
  const isAgent = parent[0] === 'agents' || parent[0] === 'defaults';
  if (!isAgent && parent.length > 0) return undefined;
  const option = optionPaths().find((path) => path.split('.').at(-1) === key);
  return option === undefined || isAgent ? option : `defaults.${option}`;
}

/** `restart`, `restart.delayMin`, `auth.quiet.min`, … */
function optionPaths(table: object = DEFAULTS, prefix = ''): string[] {
  return Object.entries(table).flatMap(([key, value]: [string, unknown]) => {
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
    return [prefix + key, ...(isGroup ? optionPaths(value, `${prefix}${key}.`) : [])];
  });
}
