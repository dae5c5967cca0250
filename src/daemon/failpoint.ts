/**
 * Places between two instructions at which a test lets the daemon die, and the begin and end of what it is at. Of each
 * activity `begin` and `end` frame it; what stands between is where a death would leave something half done.
 */
export const FAILPOINTS = [
  'spawn:begin',
  'spawn:forked',
  'spawn:end',
  'write:begin',
  'write:part',
  'write:written',
  'write:end',
  'journal:begin',
  'journal:appended',
  'journal:synced',
  'journal:end',
  'snapshot:begin',
  'snapshot:written',
  'snapshot:renamed',
  'snapshot:end',
  'cut:begin',
  'cut:still',
  'cut:intended',
  'cut:emptied',
  'cut:renamed',
  'cut:end',
  'stop:begin',
  'stop:termed',
  'stop:killed',
  'stop:swept',
  'stop:end',
  'rotation:begin',
  'rotation:half-staged',
  'rotation:kept',
  'rotation:worked',
  'rotation:end',
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];

/**
 * Does nothing. Only a daemon of the tests loads another module in the place of this one, by a condition of Node's own
 * resolution: no environment variable makes a released daemon die.
 *
 * @param _subject tells apart what may be under way more than once: a run, a file
 */
export function reach(_point: Failpoint, _subject: string): void {}
