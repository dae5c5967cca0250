/** A key as this program names it: `j`, `G`, `enter`, `ctrl-c`; a longer text was pasted. */
export type Key = string;

/** What Ink says of a key, as far as we ask. */
export type InkKey = {
  readonly upArrow: boolean;
  readonly downArrow: boolean;
  readonly leftArrow: boolean;
  readonly rightArrow: boolean;
  readonly pageDown: boolean;
  readonly pageUp: boolean;
  readonly home: boolean;
  readonly end: boolean;
  readonly return: boolean;
  readonly escape: boolean;
  readonly ctrl: boolean;
  readonly shift: boolean;
  readonly tab: boolean;
  readonly backspace: boolean;
  readonly delete: boolean;
  readonly meta: boolean;
};

const NAMED: readonly (readonly [keyof InkKey, Key])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageDown', 'pgdn'],
  ['pageUp', 'pgup'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'esc'],
  // Terminals send the byte of `delete` for the backspace key.
  ['backspace', 'backspace'],
  ['delete', 'backspace'],
];

const ALT = 'alt-';

/** Typed with Alt, or right behind Escape: a terminal sends the same. */
export const isAlt = (key: Key): boolean => key.startsWith(ALT);

/** A key has a name or is the text that it types. */
export function keyOf(input: string, key: InkKey): Key {
  const named = NAMED.find(([flag]) => key[flag]);
  if (named !== undefined) return named[1];
  if (key.tab) return key.shift ? 'shift-tab' : 'tab';
  if (key.ctrl) return `ctrl-${input}`;
  if (key.meta && input !== '') return `${ALT}${input}`;
  return input;
}

/** What typing it adds to a text; null when it is no text. */
export const typedText = (key: Key): string | null =>
  NAMES.has(key) || key.startsWith('ctrl-') || isAlt(key) ? null : key;

const NAMES: ReadonlySet<Key> = new Set([...NAMED.map(([, name]) => name), 'tab', 'shift-tab']);
