import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanLine, clean } from '../../src/tui/clean.ts';
import { lineWidth, plainText } from '../../src/tui/line.ts';
import { logsKind, CHARACTERS_MAX, ENTRIES_MAX } from '../../src/tui/views/logs.ts';
import {
  at,
  entry,
  frame,
  grew,
  hear,
  linesOf,
  logModel,
  logOf,
  numbered,
  press,
  pressed,
  run,
  search,
  texts,
} from './log-models.ts';

const CONVERSATION = [
  entry('000001, started 2026-11-20 10:16:20', 'run'),
  entry('session 5f0c, claude-opus', 'turn'),
  entry('Please review\nthe pull request', 'user'),
  entry('I look at the files of the change first and then at the tests that belong to them.'),
  entry('Bash {"command":"git diff"}', 'tool'),
  entry('1: 529 overloaded', 'retry'),
  entry('no such file', 'stderr'),
];
const RUNS = [run('000001', at('10:16:20'), at('10:20:11')), run('000002', at('10:21:00'))];
const SMALL = { columns: 60, rows: 9 };

describe('the log of an agent', () => {
  test('is the conversation as a person reads it', () => {
    expect(frame(logModel({ entries: CONVERSATION, runs: RUNS.slice(0, 1) }, { columns: 60, rows: 12 }))).toEqual([
      'bob  all runs: 000001 10:16:20–10:20:11     following · wrap',
      'run        000001, started 2026-11-20 10:16:20',
      'turn       session 5f0c, claude-opus',
      'user       Please review',
      '           the pull request',
      'assistant  I look at the files of the change first and then',
      '           at the tests that belong to them.',
      'tool       Bash {"command":"git diff"}',
      'retry      1: 529 overloaded',
      'stderr     no such file',
      '',
      '',
    ]);
  });

  test('says by colour again what the labels say', () => {
    const tones = linesOf(logModel({ entries: CONVERSATION })).map(([first]) => [first?.text.trim(), first?.tone]);
    expect(tones).toContainEqual(['user', 'info']);
    expect(tones).toContainEqual(['stderr', 'bad']);
    expect(tones).toContainEqual(['retry', 'warn']);
    expect(tones).toContainEqual(['assistant', undefined]);
  });

  test('says when there is nothing', () => {
    expect(texts(logModel())[0]).toBe('Reading the log ...');
    expect(texts(logModel({ entries: [] }))[0]).toBe('bob has not run yet.');
    expect(texts(logModel({ entries: [], runs: RUNS }))[0]).toBe('bob has said nothing yet.');
  });

  test('tells in its first line which run it is, since when, and how it is shown', () => {
    const entries = numbered(3);
    const first = (view: Parameters<typeof logModel>[0]): string | undefined => frame(logModel(view, SMALL))[0];
    expect(first({ entries, runs: RUNS, run: '000002', raw: true, dropped: 1234, follow: false })).toBe(
      'bob  run 000002 since …  paused · wrap · raw · 1,234 dropped',
    );
    expect(first({ entries, runs: RUNS, run: '000001', wrap: false })).toBe(
      'bob  run 000001 10:16:20–10:20:11        following · no wrap',
    );
    const yesterday = [run('000001', at('10:00:00') - 86_400_000, at('09:00:00'))];
    expect(frame(logModel({ entries, runs: yesterday, run: '000001' }))[0]).toContain(
      'run 000001 2026-11-19 10:00:00–2026-11-20 09:00:00',
    );
  });

  test('is plain ASCII beside what the agent wrote where the terminal has no more', () => {
    const entries = [entry('x'.repeat(200)), entry('found')];
    const model = search(
      logModel({ entries, runs: RUNS, wrap: false, dropped: 3 }, SMALL, { unicode: false }),
      'found',
    );
    expect(frame(model).join('\n')).toMatch(/^[\u0020-\u007e\n]+$/);
    expect(frame(model)[2]).toBe('assistant> found');
  });

  test('in raw sets what agentvisor says apart from what the agent printed', () => {
    const entries = [entry('1 line came too fast', 'log'), entry('1 line came too fast', 'stdout')];
    const lines = linesOf(logModel({ entries, raw: true })).slice(1, 3);
    expect(lines.map((parts) => parts.at(-1)?.bold)).toEqual([true, undefined]);
  });

  test('in raw shows lines without labels', () => {
    expect(texts(logModel({ entries: [entry('{"type":"system"}', 'stdout')], raw: true }))[0]).toBe(
      '  {"type":"system"}',
    );
  });
});

describe('following', () => {
  const model = logModel({ entries: numbered(30) }, SMALL);

  test('shows new lines as they come', () => {
    expect(texts(model).slice(-1)).toEqual(['assistant  line 30']);
    expect(texts(grew(model, numbered(2, 31))).slice(-2)).toEqual(['assistant  line 31', 'assistant  line 32']);
  });

  test('ends when a person scrolls up, and what is read stays where it is', () => {
    const up = press(model, 'k', 'k');
    expect(logOf(up).follow).toBe(false);
    expect(texts(up).slice(-1)).toEqual(['assistant  line 28']);
    expect(texts(grew(up, numbered(50, 31)))).toEqual(texts(up));
    expect(frame(grew(up, numbered(50, 31))).at(-1)).toContain('21 above, 52 below');
  });

  test('starts with G, and with f where it had ended', () => {
    const up = press(model, 'pgup');
    expect(texts(press(up, 'G'))).toEqual(texts(model));
    expect(logOf(press(up, 'G')).follow).toBe(true);
    expect(logOf(press(up, 'f')).follow).toBe(true);
    expect(logOf(press(model, 'f')).follow).toBe(false);
    expect(texts(press(model, 'f'))).toEqual(texts(model));
  });

  test('is not ended by going down', () => {
    expect(logOf(press(model, 'j', 'pgdn', 'ctrl-d', ' ')).follow).toBe(true);
  });

  test('pages overlap by a line, halves by half', () => {
    const top = press(model, 'g');
    expect(texts(top)[0]).toBe('assistant  line 1');
    expect(texts(press(top, ' '))[0]).toBe('assistant  line 7');
    expect(texts(press(top, 'ctrl-d'))[0]).toBe('assistant  line 4');
    expect(texts(press(top, ' ', 'pgup', 'pgup'))[0]).toBe('assistant  line 1');
    expect(texts(press(top, 'pgdn', 'pgdn', 'pgdn', 'pgdn', 'pgdn', 'k')).at(-1)).toBe('assistant  line 29');
  });
});

describe('what is kept', () => {
  test('is bounded, what is let go is counted, and the text does not jump', () => {
    const full = press(logModel({ entries: numbered(ENTRIES_MAX) }, SMALL), 'pgup');
    const later = grew(full, numbered(100, ENTRIES_MAX + 1), 7);
    expect(logOf(later).entries).toHaveLength(ENTRIES_MAX);
    expect(logOf(later).dropped).toBe(107);
    expect(texts(later)).toEqual(texts(full));
    expect(frame(later)[0]).toContain('107 dropped');
  });

  test('is bounded in characters, too, and the newest entry always stays', () => {
    const half = entry('x'.repeat(CHARACTERS_MAX * 0.6));
    const model = grew(grew(logModel({ entries: [] }), [half]), [half, half]);
    expect(logOf(model).entries).toHaveLength(1);
    expect(logOf(model).dropped).toBe(2);
    expect(logOf(grew(logModel({ entries: [] }), [entry('y'.repeat(CHARACTERS_MAX * 2))])).entries).toHaveLength(1);
  });

  test('begins anew when another log is read, and nothing is heard of another agent', () => {
    const model = press(logModel({ entries: numbered(30), dropped: 5 }, SMALL), 'g');
    const read = hear(model, { type: 'log-read', name: 'bob', runs: RUNS, entries: numbered(2, 100) });
    expect(logOf(read)).toMatchObject({ dropped: 0, runs: RUNS });
    expect(texts(read).slice(0, 2)).toEqual(['assistant  line 100', 'assistant  line 101']);
    expect(hear(model, { type: 'log-read', name: 'eve', runs: [], entries: [] })).toEqual(model);
    expect(hear(model, { type: 'log-grew', name: 'eve', runs: [], entries: numbered(1), dropped: 1 })).toEqual(model);
    expect(hear(model, { type: 'tick' })).toEqual(model);
  });

  test('what was read past the end of what was kept is at the begin of what is', () => {
    const first = press(logModel({ entries: numbered(ENTRIES_MAX) }, SMALL), 'g');
    expect(texts(grew(first, numbered(10, 9_001)))[0]).toBe('assistant  line 11');
  });
});

describe('wrapping', () => {
  const long = entry(`begin ${'word '.repeat(40)}the end`);

  test('keeps the entry that is read when it is turned off and on', () => {
    const model = press(logModel({ entries: [...numbered(20), long, ...numbered(20, 21)] }, SMALL), 'pgup', 'pgup');
    const [before] = texts(model);
    expect(texts(press(model, 'w'))[0]).toBe(before);
    expect(texts(press(model, 'w', 'w'))[0]).toBe(before);
  });

  test('off shows a line of the log as one line, of which left and right show more', () => {
    const model = press(logModel({ entries: [long] }, SMALL), 'w');
    expect(texts(model)[0]).toMatch(/^assistant {2}begin word .*…$/);
    expect(texts(press(model, 'right'))[0]).toMatch(/^assistant {2}rd word .*…$/);
    expect(texts(press(model, 'right', 'left', 'left'))).toEqual(texts(model));
    const end = press(model, ...Array.from({ length: 21 }, () => 'right'));
    expect(texts(end)[0]).toMatch(/the end$/);
  });

  test('on says why left and right do nothing', () => {
    expect(press(logModel({ entries: [long] }), 'right').notice?.text).toContain('w cuts them');
  });

  test('off cuts no wide character in two at the left edge', () => {
    const model = press(logModel({ entries: [entry('a漢字漢字漢字')] }, SMALL), 'w', 'right');
    expect(texts(model)[0]).toBe('assistant   漢字');
  });

  test('in another width keeps the entry that is read', () => {
    const entries = Array.from({ length: 50 }, (_, index) => entry(`${index} ${'word '.repeat(30)}`));
    const model = logModel({ entries, follow: false, top: { entry: 20, line: 1 } }, SMALL);
    expect(texts(model)[0]).toMatch(/^ {11}word/);
    expect(texts({ ...model, size: { columns: 250, rows: 15 } })[0]).toMatch(/^assistant {2}20 word/);
  });
});

describe('a search', () => {
  const entries = [entry('Foo one'), ...numbered(20), entry('two foo foo'), ...numbered(20, 21), entry('last foo')];
  const model = press(logModel({ entries }, SMALL), 'g');
  const where = (of: typeof model): string => frame(of).at(-1)?.split('  ')[0] ?? '';

  test('asks for its text in a line', () => {
    expect(press(model, '/').prompt).toEqual({ kind: 'search', text: '', cursor: 0, agent: null });
  });

  test('goes to the first match from the screen on, then to the next and the previous, around the ends', () => {
    const found = search(model, 'foo');
    expect(where(found)).toBe('match 1 of 4');
    expect(where(press(found, 'n'))).toBe('match 2 of 4');
    expect(texts(press(found, 'n'))).toContain('assistant▸ two foo foo');
    expect(where(press(found, 'n', 'n', 'n'))).toBe('match 4 of 4');
    const around = press(found, 'n', 'n', 'n', 'n');
    expect(where(around)).toBe('match 1 of 4');
    expect(around.notice?.text).toBe('The search went on at the first line.');
    const back = press(found, 'N');
    expect(where(back)).toBe('match 4 of 4');
    expect(back.notice?.text).toBe('The search went on at the last line.');
    expect(where(press(back, 'N', 'N'))).toBe('match 2 of 4');
  });

  test('from below the last match goes to the nearest above', () => {
    const below = grew(press(model, 'G'), numbered(20, 50));
    expect(where(search(below, 'foo'))).toBe('match 4 of 4');
    expect(logOf(search(below, 'foo')).follow).toBe(false);
  });

  test('minds the case only when it has an upper-case letter', () => {
    expect(where(search(model, 'FOO'))).toBe('no match');
    expect(where(search(model, 'Foo'))).toBe('match 1 of 1');
    expect(where(search(model, '/^foo/'))).toBe('match 1 of 1');
    expect(where(search(model, '/^Foo|^LAST/i'))).toBe('match 1 of 2');
  });

  test('takes a text as it stands', () => {
    const odd = logModel({ entries: [entry('a.b (c) [d] $e /f/ \\ ^x* {y}'), entry('aXb')] });
    for (const text of ['a.b', '(c)', '[d]', '$e', '/f', '\\', '^x*', '{y}', 'c) [']) {
      expect(where(search(odd, text))).toBe('match 1 of 1');
    }
  });

  test('says of a wrong expression what is wrong, and keeps the last search', () => {
    const wrong = search(search(model, 'foo'), '/(/');
    expect(wrong.notice).toMatchObject({ tone: 'bad' });
    expect(wrong.notice?.text).toContain('Not a regular expression');
    expect(logOf(wrong).search).toBe('foo');
  });

  test('says that nothing matches, and that nothing is looked for', () => {
    expect(search(model, 'bar').notice?.text).toBe('Nothing matches bar');
    expect(press(search(model, 'bar'), 'n').notice?.text).toBe('Nothing matches bar');
    expect(press(model, 'n').notice?.text).toContain('/ begins a search');
    expect(search(model, '/x*/').notice?.text).toContain('Nothing matches');
  });

  test('that would never end is given up, which is said', () => {
    const hostile = logModel({ entries: [entry('foo'), entry(`${'a'.repeat(5_000)}!`)] });
    const given = search(hostile, '/(a+)+$/');
    expect(given.notice?.text).toBe('The search for /(a+)+$/ was given up: it takes too long');
    expect(frame(given).at(-1)).toContain('search given up');
    expect(search(given, '/(a+)+$/').notice?.text).toContain('it takes too long');
    expect(where(search(given, 'foo'))).toBe('match 1 of 1');
  });

  test('that was harmless is given up when a line comes over which it would never end', () => {
    const found = search(logModel({ entries: [entry('b')] }), '/(b+)+$/');
    expect(where(found)).toBe('match 1 of 1');
    expect(where(grew(found, [entry(`${'b'.repeat(5_000)}!`)]))).toBe('search given up');
  });

  test('ends with the empty text', () => {
    expect(linesOf(search(search(model, 'foo'), ''))).toEqual(linesOf(model));
  });

  test('shows its matches inverse, and the current one with a sign and bold, too', () => {
    const found = linesOf(press(search(model, 'foo'), 'n'));
    const marked = found.flatMap((parts) => parts.filter(({ inverse }) => inverse === true));
    expect(marked).toEqual([
      { text: 'foo', inverse: true, bold: true, tone: 'warn' },
      { text: 'foo', inverse: true },
    ]);
    expect(found.filter((parts) => plainText(parts).includes('▸'))).toHaveLength(1);
  });

  test('finds what goes over the end of a line, and shows both parts', () => {
    const wide = logModel({ entries: [entry(`${'x'.repeat(45)}foobar${'x'.repeat(20)}`)] }, SMALL);
    const parts = linesOf(search(wide, 'foobar')).flatMap((line) => line.filter(({ inverse }) => inverse === true));
    expect(parts.map(({ text }) => text).join('')).toBe('foobar');
    expect(parts).toHaveLength(2);
  });

  test('brings a match in a line that is cut onto the screen', () => {
    const cut = press(logModel({ entries: [entry(`${'x '.repeat(200)}foo${' y'.repeat(200)}`)] }, SMALL), 'w');
    expect(texts(search(cut, 'foo'))[0]).toContain('foo');
  });

  test('goes on where it was when old entries are let go', () => {
    const many = logModel({ entries: [...numbered(ENTRIES_MAX - 2), entry('foo'), entry('foo')] }, SMALL);
    const found = press(search(press(many, 'g'), 'foo'), 'n');
    expect(where(found)).toBe('match 2 of 2');
    expect(where(grew(found, numbered(100)))).toBe('match 2 of 2');
    expect(where(grew(found, numbered(ENTRIES_MAX - 1)))).toBe('match 1 of 1');
    expect(where(grew(found, [...numbered(ENTRIES_MAX), entry('foo')]))).toBe('1 match');
  });
});

describe('runs', () => {
  const runs = ['000001', '000002', '000003'].map((name) => run(name));
  const model = logModel({ entries: [entry('a', 'assistant', '000003')], runs, wrap: false, search: 'x' });

  test('of all, the one before that which is on the screen, and back', () => {
    const before = pressed(model, '[');
    expect(before.effects).toEqual([{ type: 'open-log', name: 'bob', run: '000002', raw: false }]);
    expect(logOf(before.model)).toMatchObject({ run: '000002', entries: null, wrap: false, search: 'x', runs });
    expect(pressed(model, '[', '[', ']').effects.at(-1)).toMatchObject({ run: '000002' });
    expect(pressed(model, '[', 'a').effects.at(-1)).toMatchObject({ run: null });
    expect(pressed(model, 'v').effects).toEqual([{ type: 'open-log', name: 'bob', run: null, raw: true }]);
    expect(pressed(model, 'v', 'v').effects.at(-1)).toMatchObject({ raw: false });
  });

  test('end at both ends, which is said', () => {
    expect(pressed(model, ']')).toMatchObject({
      effects: [],
      model: { notice: { text: 'There is no run after: a shows all' } },
    });
    expect(press(model, '[', '[', '[').notice?.text).toBe('There is no run before.');
    expect(press(logModel(), '[').notice?.text).toBe('There is no run before.');
  });

  test('that was removed meanwhile is followed by the oldest that is kept', () => {
    const gone = logModel({ entries: [], runs: runs.slice(1), run: '000001' });
    expect(pressed(gone, ']').effects).toEqual([{ type: 'open-log', name: 'bob', run: '000002', raw: false }]);
    expect(press(gone, '[').notice?.text).toBe('There is no run before.');
  });
});

describe('whatever happens', () => {
  const KEYS = logsKind.keymap.flatMap(({ keys }) => keys);
  const word = fc.oneof(
    fc.constantFrom('word', ' ', '\n', '漢字', '👩‍💻', 'e\u0301', 'x'.repeat(90), '🏽', 'क्ष', '\t', '\u1100'.repeat(9)),
    fc.string({ unit: 'binary', maxLength: 5 }),
  );
  const text = fc.array(word, { maxLength: 15 }).map((parts) => clean(parts.join('')));
  const someEntry = fc.record({
    run: fc.constantFrom('000001', '000002'),
    who: fc.oneof(fc.constantFrom('assistant', 'user', 'run', 'tool said', 'stdout'), text.map(cleanLine)),
    text,
  });
  const entries = fc.array(someEntry, { maxLength: 15 });
  const happening = fc.oneof(
    { weight: 4, arbitrary: fc.record({ key: fc.constantFrom(...KEYS) }) },
    fc.record({ entries }),
    fc.record({ read: entries }),
    fc.record({
      search: fc.oneof(fc.constantFrom('word', '/x+/', '/(/', '', '漢', '/^|$/', ' '), text.map(cleanLine)),
    }),
    fc.record({
      size: fc.record({ columns: fc.integer({ min: 0, max: 120 }), rows: fc.integer({ min: 0, max: 40 }) }),
    }),
  );

  test('no line is wider than the screen, there are no more than it has rows, and nothing is thrown', () => {
    const size = fc.record({ columns: fc.integer({ min: 0, max: 120 }), rows: fc.integer({ min: 0, max: 40 }) });
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 25 }), size, fc.boolean(), (happenings, drawn, hasUnicode) => {
        let model = logModel({}, drawn, { unicode: hasUnicode });
        for (const each of happenings) {
          if ('key' in each) model = press(model, each.key);
          else if ('entries' in each) model = grew(model, each.entries, 1);
          else if ('read' in each)
            model = hear(model, { type: 'log-read', name: 'bob', runs: RUNS, entries: each.read });
          else if ('search' in each) model = search(model, each.search);
          else model = { ...model, size: each.size };
          // The frame around a view may leave it another size than its keys reckon with.
          for (const within of [drawn, model.size]) {
            const lines = logsKind.lines(model, logOf(model), within);
            expect(lines.length).toBeLessThanOrEqual(within.rows);
            for (const line of lines) expect(lineWidth(line)).toBeLessThanOrEqual(within.columns);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
