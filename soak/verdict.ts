/** What was seen of the daemon at the end of a minute. */
export type Minute = {
  /** Nothing was asked of anybody in it. */
  readonly isQuiet: boolean;
  /** Of one processor, over the minute. */
  readonly share: number;
  readonly rssBytes: number;
  /** In use, the garbage collected. */
  readonly heapBytes: number;
  readonly files: number;
  /** Those that keep the daemon alive. */
  readonly timers: number;
};

/** Over all quiet minutes. */
const SHARE_MAX = 0.005;
/** In any one of them: a daemon that turns in a circle is seen in its first minute. */
const SHARE_MAX_ONCE = 0.02;
/** Memory may be so many times what it was. */
const MORE_MAX = 1.05;

/**
 * What is wrong; nothing when all is well. The first quiet minute is what the others are compared with: what a daemon needs
 * once it has by then.
 */
export function wrongIn(minutes: readonly Minute[]): readonly string[] {
  const quiet = minutes.filter(({ isQuiet }) => isQuiet);
  const [first, last] = [quiet[0], quiet.at(-1)];
  if (first === undefined || last === undefined || first === last)
    return ['there were no two quiet minutes to compare'];
  const mean = quiet.reduce((sum, { share }) => sum + share, 0) / quiet.length;
  const most = Math.max(...quiet.map(({ share }) => share));
  const found = [
    mean > SHARE_MAX && `idle it used ${percent(mean)} of a processor, more than ${percent(SHARE_MAX)}`,
    most > SHARE_MAX_ONCE &&
      `in one quiet minute it used ${percent(most)} of a processor, more than ${percent(SHARE_MAX_ONCE)}`,
    last.files > first.files && `${last.files} descriptors at the end, ${first.files} at the beginning`,
    last.timers > first.timers && `${last.timers} timers at the end, ${first.timers} at the beginning`,
    last.heapBytes > first.heapBytes * MORE_MAX && grown('heap', first.heapBytes, last.heapBytes),
    last.rssBytes > first.rssBytes * MORE_MAX && grown('resident memory', first.rssBytes, last.rssBytes),
  ];
  return found.filter((line) => line !== false);
}

export const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
export const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;

const grown = (what: string, before: number, now: number): string =>
  `${what} has grown from ${megabytes(before)} to ${megabytes(now)}, by more than ${percent(MORE_MAX - 1)}`;
