import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again. @returns when it was true, on the clock of `performance.now` @throws after `msMax` */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  { everyMs = 10, msMax = 60_000 } = {},
): Promise<number> {
  const limit = performance.now() + msMax;
  for (;;) {
    if (await isSo()) return performance.now();
    if (performance.now() > limit) throw new Error(`after ${msMax} ms it is not so that ${what}`);
    await sleep(everyMs);
  }
}
