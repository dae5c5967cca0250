import { redact } from '../kernel/redaction.ts';

/* oxlint-disable no-control-regex -- control characters are what is looked for */
/** Nothing of it has to be looked at, unless it holds a credential. */
const SUSPICIOUS = /[^\u0020-\u007e\n]|sk-ant-/;

/**
 * Strings for the terminal itself (ECMA-48 8.3: OSC, DCS, SOS, PM, APC; begun by ESC or by one character, ended by BEL or
 * ST): titles, links, the clipboard. One that does not end on its line is none: it would hide what follows.
 */
const STRINGS =
  /(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u0080-\u009f\r\n]*(?:\u0007|\u001b\\|\u009c)/g;
/** Sequences (colours, cursor, modes), what begins a string that never ends, and two-character escapes. */
const SEQUENCES = /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|\u001b[ -/]*[0-~]?/g;
/** What begins a new line; a carriage return alone would let what follows write over what stands there. */
const LINE_ENDS = /\r\n|[\u000b-\r\u0085\u2028\u2029]/g;
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g;
/* oxlint-enable no-control-regex */

/** Half a character becomes the sign for one, as it does on its way to the terminal. */
const HALVES = /\p{Surrogate}/gu;
const REPLACEMENT = '\ufffd';

/** Scripts in which an invisible joiner between letters changes how they are drawn. */
const LETTERS = ['Arabic', 'Syriac', 'Nko', 'Mongolian', 'Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya']
  .concat(['Tamil', 'Telugu', 'Kannada', 'Malayalam', 'Sinhala', 'Khmer', 'Myanmar', 'Tibetan'])
  .map((script) => String.raw`\p{Script=${script}}`)
  .join('');
const BEFORE_JOINER = String.raw`\p{Extended_Pictographic}\ufe0f?|[\p{Emoji_Modifier}${LETTERS}]`;
const BEHIND_JOINER = String.raw`[\p{Extended_Pictographic}${LETTERS}]`;

/**
 * What cannot be seen: zero-width characters, the turning of text around (also hidden in tags and selectors: whole
 * messages are smuggled that way). It also keeps a credential from being recognised. A joiner stays between emoji and
 * between letters that need it, a selector behind an emoji, tags in the three flags that are made of them.
 */
const UNSEEN = new RegExp(
  [
    String.raw`(?<flag>\u{1f3f4}[\u{e0061}-\u{e007a}]{2,6}\u{e007f})`,
    String.raw`(?<keycap>[0-9#*]\ufe0f\u20e3)`,
    String.raw`(?<joiner>(?<=${BEFORE_JOINER})[\u200c\u200d](?=${BEHIND_JOINER}))`,
    String.raw`(?<selector>(?<=\p{Extended_Pictographic})[\ufe0e\ufe0f]|(?<=\p{Script=Mongolian})[\u180b-\u180d\u180f])`,
    String.raw`[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\p{Noncharacter_Code_Point}]`,
  ].join('|'),
  'gu',
);
const MAY_BE_UNSEEN = /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\p{Noncharacter_Code_Point}]/u;

/** No script needs more on one letter; a heap of them is drawn over the lines around. */
const MARKS_MAX = 8;
const MARKS = new RegExp(String.raw`(\p{Mark}{${MARKS_MAX}})\p{Mark}+`, 'gu');

const TAB = '  ';

/**
 * A text that can only be read: what an agent wrote must not move the cursor, colour or hide text, turn it around, rename
 * the window, reach the clipboard or show a credential. Line feeds stay; a tab becomes two blanks.
 */
export function clean(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  const plain = text
    .replace(STRINGS, '')
    .replace(SEQUENCES, '')
    .replace(LINE_ENDS, '\n')
    .replaceAll('\t', TAB)
    .replace(CONTROLS, '');
  return redact(seen(plain));
}

function seen(text: string): string {
  const whole = text.replace(HALVES, REPLACEMENT);
  const visible = MAY_BE_UNSEEN.test(whole) ? withoutUnseen(whole) : whole;
  return visible.replace(MARKS, '$1');
}

type Groups = Readonly<Record<'flag' | 'keycap' | 'joiner' | 'selector', string | undefined>>;

const withoutUnseen = (text: string): string =>
  text.replace(UNSEEN, (...match: readonly unknown[]) => {
    const { flag, keycap, joiner, selector } = match.at(-1) as Groups;
    return flag ?? keycap ?? joiner ?? selector ?? '';
  });

/** The same for a text that stands on one line. */
export const cleanLine = (text: string): string => clean(text).replaceAll('\n', ' ');

/** All texts of an answer of the daemon, however deep. Names of fields are ours, names of agents are checked by the file. */
export function cleaned<T>(value: T): T {
  return cleanedValue(value) as T;
}

function cleanedValue(value: unknown): unknown {
  if (typeof value === 'string') return clean(value);
  if (Array.isArray(value)) return value.map(cleanedValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, cleanedValue(inner)]));
}
