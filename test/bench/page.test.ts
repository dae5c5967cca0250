import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { summary, type Figures, type Machine } from '../../bench/figures.ts';
import { goalAtMost, type Result } from '../../bench/measure.ts';
import { MEASURES } from '../../bench/measures.ts';
import { benchmarksPage, groupTable, section, table } from '../../bench/page.ts';
import { REASONS } from '../../bench/reasons.ts';
import { readPage, ROOT } from '../docs/pages.ts';

const words = { id: 'speed', title: 'How fast', how: 'It is measured.' };
const result: Result = {
  groups: [
    {
      title: 'speed',
      unit: 'ms',
      rows: [
        { who: 'agentvisor', samples: [2, 4, 3] },
        { who: 'a | b', samples: [6] },
        { who: 'nothing', samples: [0] },
      ],
    },
  ],
  goals: [goalAtMost('at most 2 ms', 3, 2, ' ms'), goalAtMost('at most 4 ms', 3.4567, 4)],
  remarks: ['A remark.'],
};
const taken = summary('speed', result);
const machine: Machine = {
  cores: 2,
  memoryGiB: 24,
  kernel: '6.1',
  node: '20.20.2',
  versions: ['agentvisor 1', 'pm2 2'],
  leftOut: ['s6 (apt-get install s6)'],
  day: '2026-11-20',
  minutes: 3,
  quick: false,
};

test('a table tells spread, number of samples, and what agentvisor is of each other', () => {
  expect(taken.groups.map(groupTable)).toEqual([
    [
      '| speed, ms | min | median | max | samples | agentvisor / it |',
      '|---|--:|--:|--:|--:|--:|',
      '| agentvisor | 2.00 | 3.00 | 4.00 | 3 |  |',
      String.raw`| a \| b | 6.00 | 6.00 | 6.00 | 1 | 0.500 |`,
      '| nothing | 0.000 | 0.000 | 0.000 | 1 |  |',
    ].join('\n'),
  ]);
});

test('a hundred samples have a column of the 99th', () => {
  const samples = Array.from({ length: 100 }, (_, index) => index + 1);
  const groups = [{ title: 'x', unit: 'ms', rows: [{ who: 'agentvisor', samples }] }];
  expect(summary('x', { groups, goals: [], remarks: [] }).groups.map(groupTable).join('')).toContain(
    '| agentvisor | 1.00 | 50.5 | 99.0 | 100 | 100 |  |',
  );
});

test('only columns of figures are set to the right', () => {
  expect(table(['a', 'b', 'c'], [['1', '2', 'three']]).split('\n')[1]).toBe('|---|--:|---|');
});

test('a goal is reached at its limit, and not told where there is nothing to compare with', () => {
  expect(goalAtMost('x', 2, 2)).toEqual({ wanted: 'x', measured: '2', reached: true });
  expect(goalAtMost('x', 2.001, 2, ' ms')).toEqual({ wanted: 'x', measured: '2 ms', reached: false });
  expect(goalAtMost('x', null, 2)).toEqual({ wanted: 'x', measured: 'not measured', reached: null });
});

test('the page names the machine, what was left out, and each goal with a way to its figures', () => {
  const page = benchmarksPage({ machine, measures: [taken] }, [{ ...words, id: 'other' }, words], {
    speed: 'It waits.',
  });
  expect(page).toContain('2 cores, 24 GiB, Linux 6.1, Node 20.20.2. agentvisor 1, pm2 2.');
  expect(page).toContain('Left out: s6 (apt-get install s6).');
  expect(page).toContain('| [How fast](#how-fast) | at most 2 ms | 3 ms | **no** |');
  expect(page).toContain('| [How fast](#how-fast) | at most 4 ms | 3.46 | yes |');
  expect(page.split('## How fast')).toHaveLength(2);
  expect(page).toContain('A remark.\n\n**Why it falls short.** It waits.');
});

test('a quick run says so', () => {
  const pageOf = (quick: boolean): string => benchmarksPage({ machine: { ...machine, quick }, measures: [] }, [], {});
  expect([true, false].map((quick) => pageOf(quick).includes('A quick run'))).toEqual([true, false]);
});

test('a reason stands only where something falls short, and its absence is told', () => {
  const reached = { ...taken, goals: [goalAtMost('x', 1, 2)] };
  expect(section(words, reached, 'It waits.')).not.toContain('falls short');
  expect(section(words, taken, '')).toContain('Why is not known yet.');
});

test('the figures that are kept are those of all measures, and name nothing of the machine', () => {
  const text = readFileSync(join(ROOT, 'bench/figures.json'), 'utf8');
  const { measures } = JSON.parse(text) as Figures;
  expect(measures.map(({ id }) => id)).toEqual(MEASURES.map(({ id }) => id));
  expect(`${text}${readPage('docs/benchmarks.md').text}`).not.toMatch(/\/(?:tmp|root|home|work)\b/);
});

test('every reason is that of a measure, and no two have one id', () => {
  const ids = MEASURES.map(({ id }) => id);
  expect(Object.keys(REASONS).filter((id) => !ids.includes(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});
