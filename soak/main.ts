/**
 * `npm run soak`: a real daemon over fifty idle agents, for an hour or as many minutes as are asked for. Every fifth minute two of
 * them answer, with so much output that their logs are cut, and twelve are restarted; in the others nothing happens, and nothing
 * must be used. Prints a row a minute and ends with 1 when something has grown or was not at rest.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openFleet, type Fleet } from './fleet.ts';
import { megabytes, percent, wrongIn, type Minute } from './verdict.ts';

const USAGE = `npm run soak -- [--minutes N]
  --minutes   how long (default 60, at least 3)`;
const BUSY_EVERY = 5;
/** Forty turns and 240 restarts: behind as many the memory in use was measured not to grow any more. */
const ROUNDS_BEFORE = 20;
const MINUTE_MS = 60_000;
/** Of /proc/PID/stat; Linux has had no other for decades. */
const TICKS_PER_SECOND = 100;
const INTERRUPTED = 130;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' }, help: { type: 'boolean' } } });
  const minutes = Number(values.minutes);
  if (values.help === true || !(minutes >= 3)) {
    console.log(USAGE);
    return values.help === true ? 0 : 2;
  }
  const end = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end.abort());
  const fleet = await openFleet();
  try {
    return await soak(fleet, minutes, end.signal);
  } catch (error) {
    if (!end.signal.aborted) throw error;
    console.log('Interrupted: no verdict.');
    return INTERRUPTED;
  } finally {
    await fleet.close();
  }
}

async function soak(fleet: Fleet, minutes: number, end: AbortSignal): Promise<number> {
  console.log(row('minute', 'processor', 'resident', 'heap', 'files', 'timers', ''));
  const seen: Minute[] = [];
  // What a daemon compiles and caches once, it has before it is compared with itself.
  for (let round = 0; round < ROUNDS_BEFORE && !end.aborted; round += 1) await fleet.work(round);
  await fleet.held();
  for (let minute = 1; minute <= minutes; minute += 1) {
    const isQuiet = minute % BUSY_EVERY !== 0;
    const before = fleet.cpuTicks();
    const began = performance.now();
    if (!isQuiet) await fleet.work(minute / BUSY_EVERY);
    await sleep(MINUTE_MS - (performance.now() - began), undefined, { signal: end });
    const used = (fleet.cpuTicks() - before) / TICKS_PER_SECOND;
    const share = used / ((performance.now() - began) / 1_000);
    const { files, timers, rssBytes, heapBytes } = await fleet.held();
    seen.push({ isQuiet, share, files, timers, rssBytes, heapBytes });
    const what = isQuiet ? '' : 'turns and restarts';
    console.log(row(minute, percent(share), megabytes(rssBytes), megabytes(heapBytes), files, timers, what));
  }
  const wrong = [...wrongIn(seen), ...(await fleet.down())];
  console.log(
    wrong.length === 0 ? `All is well after ${minutes} minutes.` : wrong.map((line) => `WRONG: ${line}`).join('\n'),
  );
  return wrong.length === 0 ? 0 : 1;
}

const WIDTHS = [7, 10, 10, 9, 6, 7];

const row = (...cells: readonly (string | number)[]): string =>
  cells
    .map((cell, index) => String(cell).padStart(WIDTHS[index] ?? 0))
    .join('  ')
    .trimEnd();

process.exitCode = await main();
