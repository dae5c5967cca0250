import { factsOf, type Known } from '../wording/agent-facts.ts';
import { withLocalTimes } from '../wording/local-times.ts';
import { wrap } from '../wording/wrap.ts';

const KEY_WIDTH = 14;
/** Two spaces before a key and two behind it. */
const VALUE_AT = KEY_WIDTH + 4;

/** One agent, for people: what it is, why, and what happens next; then the facts. */
export function descriptionLines(known: Known, now: number, width: number): string {
  const { agent, explain } = known;
  const why = explain === null || explain === '' ? [] : [wrap(`  ${withLocalTimes(explain)}`, width, 2)];
  const facts = factsOf(known, now).flatMap(([key, value]) =>
    value === null ? [] : [wrap(`  ${key.padEnd(KEY_WIDTH)}  ${value}`, width, VALUE_AT)],
  );
  return [agent.name, ...why, ...facts].join('\n');
}
