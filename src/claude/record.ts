/** Reading values of unknown shape: the CLI that we watch will change, so nothing is taken for granted. */
export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** undefined when the line is no JSON object; the stream holds nothing else that could be a fact. */
export function parseFields(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isFields(value) ? value : undefined;
  } catch {
    // Not JSON, or nested deeper than the parser goes: either way no line of Claude Code's.
    return undefined;
  }
}

/** A non-empty string, else null. */
export const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** `1e999` is legal JSON and becomes Infinity, which is no amount of anything. */
export const numberOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;

/** An HTTP status, null for everything that is none. */
export const statusOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isInteger(value) && value >= 100 && value <= 599 ? value : null;

/** The first text of a message's content, which is a string or a list of blocks. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  const text = blocksOf(content).find((block) => block['type'] === 'text');
  return textOf(text?.['text']) ?? '';
}

export const blocksOf = (content: unknown): readonly Fields[] =>
  Array.isArray(content) ? content.filter(isFields) : [];
