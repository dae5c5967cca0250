import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ecosystemSchema } from '../src/config/schema.ts';
import { documentedTypes, type Documented } from './doc-comments.ts';

/** One row of the reference. */
export type OptionRow = {
  /** Within its group. */
  readonly name: string;
  /** What the schema says when it is told something else. */
  readonly expects: string;
  readonly fallback: string;
  readonly meaning: string;
};

export type OptionGroup = { readonly path: string; readonly meaning: string; readonly rows: readonly OptionRow[] };

type Shape = Readonly<Record<string, z.core.$ZodType>>;

/** Said once, under "Values". */
const UNITS = / such as (?:'[^']*'(?:, | or ))*'[^']*',? (?:or )?(?:milliseconds|bytes)/;

const TYPES = documentedTypes(
  ['input.ts', 'options.ts'].map((name) => readFileSync(new URL(`../src/config/${name}`, import.meta.url), 'utf8')),
);

/** The options of an object of the schema, then those of the objects in it. `types`: where its fields are documented. */
function optionGroups(
  schema: z.core.$ZodType,
  path: string,
  types: readonly string[],
  said = '',
): readonly OptionGroup[] {
  const { shape } = objectOf(schema);
  const fields = Object.entries(shape);
  const isGroup = (field: z.core.$ZodType): boolean => bare(field) instanceof z.ZodObject;
  // What has values of its own kind is written in one row: a place where a secret is read from, a list of agents.
  const rows = fields
    .filter(([name, field]) => !isGroup(field) || name === 'from')
    .map(([name, field]) => rowOf(path, name, field, types));
  const inner = fields
    .filter(([name, field]) => isGroup(field) && name !== 'from')
    .flatMap(([name, field]) =>
      optionGroups(field, joined(path, name), typesOf(name, types), documentedAs(name, types).text),
    );
  const meaning = [said, ...types.map((type) => TYPES.get(type)?.text ?? '')].find((text) => text !== '') ?? '';
  return [...(rows.length === 0 ? [] : [{ path, meaning, rows }]), ...inner];
}

function rowOf(path: string, name: string, field: z.core.$ZodType, types: readonly string[]): OptionRow {
  const documented = documentedAs(name, types);
  const named = documented.mentions.map((type) => TYPES.get(type)?.text ?? '').find((text) => text !== '');
  const meaning = documented.text === '' ? (named ?? '') : documented.text;
  if (meaning === '') throw new Error(`The option ${joined(path, name)} has no doc comment.`);
  return { name, expects: expectation(field), fallback: documented.fallback ?? '', meaning };
}

const typesOf = (name: string, types: readonly string[]): readonly string[] => {
  const { mentions } = documentedAs(name, types);
  return mentions.filter((mention) => (TYPES.get(mention)?.fields.size ?? 0) > 0);
};

function documentedAs(name: string, types: readonly string[]): Documented {
  const found = types.map((type) => TYPES.get(type)?.fields.get(name)).find((field) => field !== undefined);
  if (found === undefined) throw new Error(`None of ${types.join(', ')} documents ${name}.`);
  return found;
}

const joined = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

function objectOf(schema: z.core.$ZodType): { readonly shape: Shape } {
  const object = bare(schema);
  if (object instanceof z.ZodObject) return { shape: object.shape };
  throw new Error('No object stands in this place of the schema.');
}

/** Without what makes it optional or read-only. */
function bare(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodReadonly)
    return bare(schema.unwrap());
  return schema;
}

/** The schema's own words, which are what a mistake is answered with. */
function expectation(field: z.core.$ZodType): string {
  const schema = bare(field);
  if (schema instanceof z.ZodArray) return `a list; each: ${expectation(schema.element)}`;
  if (schema instanceof z.ZodRecord) return `an object; each value: ${expectation(schema.valueType)}`;
  if (schema instanceof z.ZodObject)
    return Object.keys(schema.shape)
      .map((key) => `{ ${key} }`)
      .join(' or ');
  // A symbol is what no option may be.
  const words = z.safeParse(schema, Symbol('nothing')).error?.issues[0]?.message;
  if (words === undefined) throw new Error('The schema takes anything in this place.');
  return words.replace(UNITS, '');
}

const agentSchema = ecosystemSchema.shape.agents.unwrap().element;
const credentialSchema = bare(ecosystemSchema.shape.credentials) as z.ZodRecord;
const notifySchema = bare(ecosystemSchema.shape.notify) as z.ZodArray;

export const TOP = Object.keys(ecosystemSchema.shape).map((name) => ({
  name,
  meaning: documentedAs(name, ['EcosystemOptions']).text,
}));
export const CREDENTIAL = optionGroups(credentialSchema.valueType, '', ['CredentialOptions', 'Money']);
export const NOTIFY = optionGroups(notifySchema.element, '', ['NotifyOptions']);
export const AGENT = optionGroups(agentSchema, '', ['AgentOptions', 'DefaultsOptions']);
