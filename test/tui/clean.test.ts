import xterm from '@xterm/headless';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clean, cleanLine, cleaned } from '../../src/tui/clean.ts';

const ESC = '\u001b';
const BEL = '\u0007';
const ST = `${ESC}\\`;
const TOKEN = 'sk-ant-oat01-'.padEnd(108, 'x');

/** What an agent may print, and what a person may see of it. */
const ATTACKS: Readonly<Record<string, readonly [printed: string, seen: string]>> = {
  'a colour': [`${ESC}[31mred${ESC}[0m`, 'red'],
  'a colour with colons': [`${ESC}[38:2::255:0:0mred`, 'red'],
  'text in the colour of the background': [`${ESC}[8msecret${ESC}[28m`, 'secret'],
  'clearing the screen': [`a${ESC}[2J${ESC}[Hb`, 'ab'],
  'moving up and writing over': [`safe${ESC}[1A${ESC}[2Kgone`, 'safegone'],
  'another screen and a hidden cursor': [`${ESC}[?1049h${ESC}[?25lx`, 'x'],
  'the mouse and bracketed paste': [`${ESC}[?1000h${ESC}[?2004lx`, 'x'],
  'asking where the cursor is': [`${ESC}[6n${ESC}[c${ESC}[>qx`, 'x'],
  'the title': [`${ESC}]0;pwned${BEL}x`, 'x'],
  'the title, ended by ST': [`${ESC}]2;pwned${ST}x`, 'x'],
  'the title in 8-bit characters': ['\u009d0;pwned\u009cx', 'x'],
  'the title, never ended': [`${ESC}]0;all that follows\nis still there`, '0;all that follows\nis still there'],
  'the title, ended lines later': [`${ESC}]0;one\ntwo${BEL}three`, '0;one\ntwothree'],
  'the clipboard': [`${ESC}]52;c;cm0gLXJmIH4=${BEL}x`, 'x'],
  'a link to elsewhere': [`${ESC}]8;;http://evil.example${ST}docs${ESC}]8;;${ST}`, 'docs'],
  'an iTerm command': [`${ESC}]1337;File=inline=1:AAAA${BEL}x`, 'x'],
  'a request for status (DCS)': [`${ESC}P$q"p${ST}x`, 'x'],
  'a picture (sixel)': [`${ESC}Pq#0;2;0;0;0#0~~@@vv${ST}x`, 'x'],
  'a kitty command (APC)': [`${ESC}_Gf=24;AAAA${ST}x`, 'x'],
  'a tmux command (DCS in DCS)': [`${ESC}Ptmux;${ESC}${ESC}]52;c;AAAA${BEL}${ST}x`, 'tmux;x'],
  'a private message': [`${ESC}^hidden${ST}x`, 'x'],
  'a start of string': [`${ESC}Xhidden${ST}x`, 'x'],
  'an 8-bit sequence': ['\u009b2Jx', 'x'],
  'single C1 characters': ['a\u0084b\u008dc\u008ed', 'abcd'],
  'a full reset': [`${ESC}cx`, 'x'],
  'another character set': [`${ESC}(0lqqk`, 'lqqk'],
  'a screen of E (DECALN)': [`${ESC}#8x`, 'x'],
  'a lone escape': [`a${ESC}`, 'a'],
  'an escape before a line end': [`a${ESC}\nb`, 'a\nb'],
  'half a sequence': [`a${ESC}[31`, 'a'],
  'a sequence that another one is put into': [`${ESC}${ESC}[0m[2Jx`, '[2Jx'],
  'a sequence broken by a control': [`${ESC}\u0000[2Jx`, '[2Jx'],
  'writing over the line': ['rm -rf ~\rls    ', 'rm -rf ~\nls    '],
  'a Windows line end': ['a\r\nb', 'a\nb'],
  backspaces: ['rm\b\bls', 'rmls'],
  'a bell, a null, a shift out': ['a\u0007b\u0000c\u000ed', 'abcd'],
  'a form feed and a vertical tab': ['a\fb\vc', 'a\nb\nc'],
  'a next line (C1) and the line separators': ['a\u0085b\u2028c\u2029d', 'a\nb\nc\nd'],
  'a tab': ['a\tb', 'a  b'],
  'text turned around': ['user\u202e\u2066// check\u2069\u2066', 'user// check'],
  'direction marks': ['a\u200e\u200f\u061cb', 'ab'],
  'zero-width characters': ['a\u200bb\u200cc\u200dd\u2060e\ufefff\u00adg\u034fh', 'abcdefgh'],
  'Hangul fillers': ['a\u3164b\uffa0c\u115fd', 'abcd'],
  'a message in tags': ['hi\u{e0001}\u{e0068}\u{e0069}\u{e007f}', 'hi'],
  'a message in selectors': ['hi\ufe0f\ufe01\u{e0100}\u{e0121}', 'hi'],
  'annotations between lines': ['a\ufff9b\ufffac\ufffb', 'abc'],
  'a heap of marks': [`a${'\u0301'.repeat(50)}`, `a${'\u0301'.repeat(8)}`],
  'half a character': ['a\ud83db', 'a\ufffdb'],
  'a credential': [`say ${TOKEN} !`, 'say sk-ant-oat01-[redacted] !'],
  'a credential behind colours': [`${TOKEN.slice(0, 5)}${ESC}[0m${TOKEN.slice(5)}`, 'sk-ant-oat01-[redacted]'],
  'a credential behind what cannot be seen': [
    TOKEN.split('').join('\u200d').replace('ant', 'a\u200bn\ufe0ft'),
    'sk-ant-oat01-[redacted]',
  ],
};

/** What people write. */
const TEXTS: readonly string[] = [
  'plain\n  text',
  'Grüße, Привет, Ελληνικά, ñ',
  '漢字かな交じり文、한국어',
  'مرحبا بالعالم, שלום',
  // Written with a zero-width non-joiner: “I want”, and a half form of ka.
  'می\u200cخواهم',
  'क्\u200dष नमस्ते',
  '👨‍👩‍👧‍👦 👩🏽‍💻 🏳️‍🌈 ❤️‍🔥 1️⃣ #️⃣ ☎︎ ✔️ 🇩🇪',
  '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
  'e\u0301 Việt Z͑ל',
  '┌─┐ │ ▸ ✓ … “quoted”',
];

// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;
const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** Pieces of sequences and joiners lie close together in real attacks. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(ESC, BEL, ST, '[', ']', '\\', ';', 'm', 'P', '_', '^', 'X', '\r', '\n', '\t', '\b', '\f', ' '),
      fc.constantFrom('\u0090', '\u0098', '\u009b', '\u009c', '\u009d', '\u009e', '\u009f', '\u0085', '\u007f'),
      fc.constantFrom('\u200b', '\u200c', '\u200d', '\ufe0f', '\u202e', '\u2066', '\u{e0067}', '\u{1f3f4}', '👩', '💻'),
      fc.constantFrom(
        'م',
        'क',
        '्',
        '\u0301',
        '1',
        '\u20e3',
        '\ud83d',
        '\udc69',
        'sk-ant-',
        'sk-',
        'ant-',
        'oat01-',
        TOKEN,
      ),
      fc.integer({ min: 0, max: 0x10_ff_ff }).map((point) => String.fromCodePoint(point)),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

describe('what an agent wrote', () => {
  for (const [name, [printed, seen]] of Object.entries(ATTACKS)) {
    test(`is harmless: ${name}`, () => expect(clean(printed)).toBe(seen));
  }

  test.for(TEXTS)('stays as it is: %s', (text) => expect(clean(text)).toBe(text));

  test('holds no control character but line feeds, whatever it was', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const cleaner = clean(text);
        expect(CONTROL.test(cleaner)).toBe(false);
        expect(TURNING.test(cleaner)).toBe(false);
        expect(/\p{Surrogate}/u.test(cleaner)).toBe(false);
        expect(/sk-ant-(?:oat01-)?x/.test(cleaner)).toBe(false);
      }),
      { numRuns: 5_000 },
    );
  });

  test('is clean after one pass', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const once = clean(text);
        expect(clean(once)).toBe(once);
      }),
      { numRuns: 2_000 },
    );
  });

  test('has one line where one line is wanted', () => {
    fc.assert(fc.property(hostile, (text) => !cleanLine(text).includes('\n')));
  });

  test('is clean however deep it stands in an answer', () => {
    const answer = { name: 'bob', rows: [{ why: `${ESC}[2Jx`, count: 3, none: null, is: true }] };
    expect(cleaned(answer)).toEqual({ name: 'bob', rows: [{ why: 'x', count: 3, none: null, is: true }] });
  });
});

/** What a terminal makes of a text: where its cursor is, its lines, and what happened beside. */
async function shownBy(text: string): Promise<{ row: number; lines: readonly string[]; beside: readonly string[] }> {
  const terminal = new xterm.Terminal({ cols: 1_000, rows: 60, allowProposedApi: true });
  const beside: string[] = [];
  terminal.onTitleChange((title) => beside.push(`title ${title}`));
  terminal.onBell(() => beside.push('bell'));
  terminal.onData((answer) => beside.push(`answer ${JSON.stringify(answer)}`));
  terminal.buffer.onBufferChange(() => beside.push('another screen'));
  terminal.parser.registerOscHandler(52, () => beside.push('clipboard') > 0);
  await new Promise<void>((resolve) => terminal.write(text.replaceAll('\n', '\r\n'), resolve));
  const buffer = terminal.buffer.active;
  const row = buffer.baseY + buffer.cursorY;
  const lines = Array.from({ length: row + 1 }, (_, index) => buffer.getLine(index)?.translateToString(true) ?? '');
  terminal.dispose();
  return { row, lines, beside };
}

describe('in a terminal, what an agent wrote', () => {
  test.for(Object.entries(ATTACKS))('does nothing but stand there: %s', async ([, [printed, seen]]) => {
    const lines = seen.split('\n');
    const shown = await shownBy(clean(printed));
    expect(shown).toMatchObject({ row: lines.length - 1, beside: [] });
    expect(shown.lines.map((text) => text.normalize())).toEqual(lines.map((text) => text.normalize()));
  });

  test('would do more if it were not cleaned', async () => {
    const printed = Object.values(ATTACKS).map(([text]) => text);
    const happened = await Promise.all(printed.map(async (text) => (await shownBy(text)).beside));
    const kinds = new Set(happened.flat().map((what) => what.split(' ')[0]));
    expect(kinds).toEqual(new Set(['another', 'answer', 'bell', 'clipboard', 'title']));
  });

  test('moves the cursor down by its line feeds only, whatever it was', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        const cleaner = clean(text);
        const { row, beside } = await shownBy(cleaner);
        expect(row).toBe(cleaner.split('\n').length - 1);
        expect(beside).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
