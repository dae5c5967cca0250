import { cleanLine } from './clean.ts';
import { typedText, type Key } from './key.ts';
import type { Prompt } from './model.ts';

/** What is typed longer than this is not taken: nobody reads it on one line. */
export const PROMPT_CHARACTERS_MAX = 10_000;

export const emptyPrompt = (kind: Prompt['kind'], agent: string | null = null): Prompt => ({
  kind,
  text: '',
  cursor: 0,
  agent,
});

/** The prompt after a key that edits it; null when the key is none of these. */
export function edited(prompt: Prompt, key: Key): Prompt | null {
  const { text, cursor } = prompt;
  const move = (to: number): Prompt => ({ ...prompt, cursor: Math.max(0, Math.min(text.length, to)) });
  const replace = (from: number, to: number, by: string): Prompt => ({
    ...prompt,
    text: `${text.slice(0, from)}${by}${text.slice(to)}`,
    cursor: from + by.length,
  });
  switch (key) {
    case 'left':
      return move(cursor - stepBack(text, cursor));
    case 'right':
      return move(cursor + stepOn(text, cursor));
    case 'home':
    case 'ctrl-a':
      return move(0);
    case 'end':
    case 'ctrl-e':
      return move(text.length);
    case 'backspace':
      return replace(cursor - stepBack(text, cursor), cursor, '');
    case 'ctrl-u':
      return replace(0, cursor, '');
    case 'ctrl-k':
      return replace(cursor, text.length, '');
    case 'ctrl-w':
      return replace(text.slice(0, cursor).search(/\S*\s*$/), cursor, '');
    default:
  }
  const typed = typedText(key);
  return typed === null ? null : insertText(prompt, typed);
}

/** What is typed or pasted goes where the cursor stands; a line feed becomes a blank. */
export function insertText(prompt: Prompt, added: string): Prompt {
  const { text, cursor } = prompt;
  const room = Math.max(0, PROMPT_CHARACTERS_MAX - text.length);
  const fitting = cleanLine(added.replaceAll(/\r\n?/g, '\n')).slice(0, room);
  return {
    ...prompt,
    text: `${text.slice(0, cursor)}${fitting}${text.slice(cursor)}`,
    cursor: cursor + fitting.length,
  };
}

/** A character outside of the basic plane is two units long. */
const stepBack = (text: string, cursor: number): number => Array.from(text.slice(0, cursor)).at(-1)?.length ?? 0;
const stepOn = (text: string, cursor: number): number => Array.from(text.slice(cursor))[0]?.length ?? 0;
