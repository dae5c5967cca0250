/**
 * `npm run bench`: agentvisor beside what would be used instead, written into docs/benchmarks.md and bench/figures.json, of which `npm run docs` makes the same page.
 * With `--only ID,ID…` or `--quick` the page goes to stdout instead, or with `--out FILE` there. A measure that fails is named; the others are still taken.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../src/protocol/version.ts';
import { openBench, type Bench } from './bench.ts';
import { machine } from './machine.ts';
import { summary, type Taken } from './figures.ts';
import type { Measure } from './measure.ts';
import { MEASURES } from './measures.ts';
import { readOptions } from './options.ts';
import { benchmarksPage } from './page.ts';
import { agentvisor } from './peers/agentvisor.ts';
import { findPm2 } from './peers/pm2.ts';
import { findS6 } from './peers/s6.ts';
import { findSupervisord } from './peers/supervisord.ts';
import { REASONS } from './reasons.ts';

const FIGURES = fileURLToPath(new URL('figures.json', import.meta.url));
const PAGE = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));
const MS_PER_MINUTE = 60_000;

const options = readOptions(
  process.argv.slice(2),
  MEASURES.map(({ id }) => id),
  PAGE,
);
const sought = [findPm2(), findSupervisord(), findS6()];
const peers = [agentvisor(VERSION), ...sought.flatMap((each) => ('peer' in each ? [each.peer] : []))];
const leftOut = sought.flatMap((each) => ('missing' in each ? [each.missing] : []));
const { bench, close } = openBench(options.quick, peers);
const begun = performance.now();
process.once('SIGINT', () => void close().then(() => process.exit(130)));
try {
  for (const what of leftOut) bench.say(`left out: ${what}`);
  const taken = await take(
    bench,
    MEASURES.filter(({ id }) => options.only.includes(id)),
  );
  const minutes = Math.ceil((performance.now() - begun) / MS_PER_MINUTE);
  const figures = { machine: machine(peers, leftOut, minutes, options.quick), measures: taken };
  const page = benchmarksPage(figures, MEASURES, REASONS);
  // A page without one of its measures is none.
  if (process.exitCode === 1 || options.out === null) process.stdout.write(page);
  else {
    writeFileSync(options.out, page);
    if (resolve(options.out) === PAGE) writeFileSync(FIGURES, `${JSON.stringify(figures, null, 2)}\n`);
    bench.say(`written: ${options.out}`);
  }
} finally {
  await close();
}

async function take(given: Bench, measures: readonly Measure[]): Promise<readonly Taken[]> {
  const taken: Taken[] = [];
  for (const measure of measures) {
    try {
      taken.push(summary(measure.id, await measure.run(given)));
    } catch (error) {
      process.exitCode = 1;
      given.say(`${measure.id} failed: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  return taken;
}
