import { expect, test } from 'vitest';
import { readOptions } from '../../bench/options.ts';

const IDS = ['list', 'memory', 'lines'];
const read = (...argv: readonly string[]): ReturnType<typeof readOptions> => readOptions(argv, IDS, 'page.md');

test('a whole run writes the page', () => {
  expect(read()).toEqual({ only: IDS, quick: false, out: 'page.md' });
});

test('parts of it and quick ones are shown, since their figures do not belong on the page', () => {
  expect(read('--quick')).toEqual({ only: IDS, quick: true, out: null });
  expect(read('--only', 'lines,list')).toEqual({ only: ['list', 'lines'], quick: false, out: null });
  expect(read('--only=memory', '--out', 'x.md')).toEqual({ only: ['memory'], quick: false, out: 'x.md' });
});

test('a measure and an option that do not exist are refused with those that do', () => {
  expect(() => read('--only', 'list,speed')).toThrow('There is no measure speed. There are list, memory, lines.');
  expect(() => read('--only')).toThrow('There are list, memory, lines.');
  expect(() => read('--fast')).toThrow('There is no option --fast.');
  expect(() => read('--quick', '--out')).toThrow('--out needs a file.');
});
