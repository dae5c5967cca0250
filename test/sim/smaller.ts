import type { History } from './history.ts';
import { playHistory } from './play.ts';

/** Names and numbers differ from history to history, what went wrong does not. */
const kindOf = (failure: string): string =>
  failure.split('\n')[0]?.replaceAll(/[0-9a-f-]{36}|\d+|ada|bob|cyd|eli|cmd/g, '') ?? '';

/** The same failure with fewer moves: of all that is left each is needed. */
export async function smaller(history: History, failure: string): Promise<History> {
  let small = history;
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false;
    for (const left of small.moves) {
      const fewer = { ...small, moves: small.moves.filter((move) => move !== left) };
      const result = await playHistory(fewer);
      if (result.failure === null || kindOf(result.failure) !== kindOf(failure)) continue;
      small = fewer;
      isSmaller = true;
    }
  }
  return small;
}
