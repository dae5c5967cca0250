import { readFileSync } from 'node:fs';
import type { Figures } from '../bench/figures.ts';
import { MEASURES } from '../bench/measures.ts';
import { benchmarksPage as pageOf } from '../bench/page.ts';
import { REASONS } from '../bench/reasons.ts';

/** `docs/benchmarks.md`, of the figures that `npm run bench` has left: a reason is written after them. */
export function benchmarksPage(): string {
  const text = readFileSync(new URL('../bench/figures.json', import.meta.url), 'utf8');
  return pageOf(JSON.parse(text) as Figures, MEASURES, REASONS);
}
