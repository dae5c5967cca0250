import { expect, test } from 'vitest';
import { lineText, lookOf, wrap } from '../../demo/page.ts';
import { verdictOf } from '../../demo/receipts.ts';

const LINE = { ms: 1234, agent: 'bob', label: 'noticed', text: 'its turn failed: 401 of one request' } as const;

test('a pipe gets one line without colours, however long it is', () => {
  const look = lookOf({ columns: 20 }, {});
  expect(lineText(LINE, 4, look)).toBe('  1.2s  bob   noticed   its turn failed: 401 of one request');
});

test('a terminal gets colours, unless NO_COLOR is set', () => {
  const escape = '\u001B[';
  expect(lineText(LINE, 4, lookOf({ isTTY: true, columns: 80 }, {}))).toContain(`${escape}33mnoticed${escape}0m`);
  expect(lineText(LINE, 4, lookOf({ isTTY: true, columns: 80 }, { NO_COLOR: '' }))).toContain(escape);
  expect(lineText(LINE, 4, lookOf({ isTTY: true, columns: 80 }, { NO_COLOR: '1' }))).not.toContain(escape);
});

test('a terminal that is narrower than a line gets the rest below where the text begins', () => {
  expect(wrap('head  one two three four five six seven', 6, 36).split('\n')).toEqual([
    'head  one two three four five six',
    '      seven',
  ]);
});

test('a terminal in which that leaves too little room gets the rest a little indented', () => {
  expect(lineText(LINE, 4, { width: 40, colour: false }).split('\n')).toEqual([
    '  1.2s  bob   noticed   its turn failed:',
    '    401 of one request',
  ]);
});

test('a word that is longer than the terminal stays whole, so that an id can be copied', () => {
  expect(wrap('a  msg_0123456789 b', 3, 8).split('\n')).toEqual(['a  msg_0123456789', '    b']);
});

test('the verdict counts what is proven, names who is not, and takes no trouble for no proof', () => {
  const good = { agent: 'bob', text: '', proven: true };
  const bad = { agent: 'dan', text: '', proven: false };
  expect(verdictOf([good, good])).toEqual({ text: 'All 2 recoveries proven.', proven: true });
  expect(verdictOf([good, bad])).toEqual({ text: '1 of 2 recoveries not proven: dan.', proven: false });
  expect(verdictOf([])).toMatchObject({ proven: false });
});
