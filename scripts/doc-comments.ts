/** What the doc comments of the options say: read from the text of the types, since a comment has no other form. */
export type Documented = {
  /** The name of each type that the field mentions, outermost first. */
  readonly mentions: readonly string[];
  readonly text: string;
  /** What `@default` says, null without one. */
  readonly fallback: string | null;
};

export type DocumentedType = { readonly text: string; readonly fields: ReadonlyMap<string, Documented> };

const COMMENT = String.raw`(?:/\*\*((?:(?!\*/)[\s\S])*)\*/\s*)?`;
const DECLARATION = new RegExp(
  String.raw`${COMMENT}(?:export )?type (\w+)(?:<\w+>)? =([\s\S]*?);\n(?=\n|export |type |$)`,
  'g',
);
const FIELD = new RegExp(String.raw`${COMMENT}readonly (\w+)\??: ([^;]*)`, 'g');

export function documentedTypes(sources: readonly string[]): ReadonlyMap<string, DocumentedType> {
  const found = sources.flatMap((source) =>
    [...source.matchAll(DECLARATION)].map(([, comment = '', name = '', body = '']) => {
      return [name, { text: textOf(comment), fields: fieldsOf(body) }] as const;
    }),
  );
  return new Map(found);
}

/** Of a field that several members of a union have, the first with a comment counts. */
function fieldsOf(body: string): ReadonlyMap<string, Documented> {
  const fields = new Map<string, Documented>();
  for (const [, comment = '', name = '', type = ''] of body.matchAll(FIELD)) {
    if ((fields.get(name)?.text ?? '') !== '') continue;
    const mentions = [...type.matchAll(/\b[A-Z]\w+/g)].map(([word]) => word);
    fields.set(name, { mentions, text: textOf(comment), fallback: fallbackOf(comment) });
  }
  return fields;
}

const fallbackOf = (comment: string): string | null => /@default ([^\n]+)/.exec(comment)?.[1]?.trim() ?? null;

function textOf(comment: string): string {
  return comment
    .replaceAll(/^\s*\*/gm, '')
    .replace(/@default[\s\S]*$/, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
