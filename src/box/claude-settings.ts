import { readPlain } from './plain-file.ts';

/** What a settings file of Claude Code says of signing in. */
export type ClaudeSettings = {
  readonly hasKeyHelper: boolean;
  /** Its `env`: variables that Claude Code sets for itself. They may be secrets. */
  readonly env: Readonly<Record<string, string>>;
};

/** A file that is not there, or that Claude Code could not read either, says nothing. */
export function readClaudeSettings(path: string): ClaudeSettings {
  const file = readPlain(path);
  const value = file.is === 'read' ? parsed(file.text) : {};
  const helper = value['apiKeyHelper'];
  const env = typeof value['env'] === 'object' && value['env'] !== null ? value['env'] : {};
  return {
    hasKeyHelper: typeof helper === 'string' && helper !== '',
    env: Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => isText(entry[1]))),
  };
}

const isText = (value: unknown): value is string => typeof value === 'string';

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    // Claude Code says so itself.
    return {};
  }
}
