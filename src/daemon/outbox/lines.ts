import type { Place } from '../../home/records.ts';
import type { Notice } from '../../kernel/notices.ts';
import type { NotifySpec } from '../../kernel/spec.ts';

/**
 * The lines of `outbox.ndjson`. What stands in it and has no end yet is still to be delivered. A folded file begins with
 * what waited, one line a delivery, and the place up to which all notices have been in it.
 */
export type Line = NoticeLine | TryLine | DoneLine | WaitingLine | Place;

/** `key` is drawn: places and ids may come a second time after a power cut that took the end of the journal. */
export type NoticeLine = Place & {
  readonly key: string;
  readonly notice: Notice;
  readonly channels: readonly NotifySpec[];
};
/** Try `n` of a channel, counted from 1, is about to begin. */
export type TryLine = { readonly try: string; readonly channel: number; readonly n: number; readonly boot: string };
export type DoneLine = {
  readonly done: string;
  readonly channel: number;
  readonly n: number;
  readonly outcome: End;
  /** How many tries have failed so far. */
  readonly failures: number;
};

type WaitingLine = { readonly waiting: Delivery };

/** void: the try never began · given-up: no further try. */
export type End = 'delivered' | 'failed' | 'void' | 'given-up';

/** One notice on its way to one channel. */
export type Delivery = {
  /** Names its files, together with the number of the try. */
  readonly key: string;
  readonly channel: number;
  readonly spec: NotifySpec;
  readonly notice: Notice;
  /** The number of the last try, 0 before the first. */
  readonly n: number;
  readonly failures: number;
  /** The boot in which the last try began, null when its end is known. */
  readonly trying: string | null;
};

/** What the lines say, oldest notice first. */
export type Contents = { readonly waiting: ReadonlyMap<string, Delivery>; readonly last: Place | null };

/** Of a delivery, in this file and beside it. */
export const idOf = ({ key, channel }: Pick<Delivery, 'key' | 'channel'>): string => `${key}-${channel}`;

export function deliveriesOf({ key, notice, channels }: NoticeLine): readonly Delivery[] {
  return channels.map((spec, channel) => ({ key, channel, spec, notice, n: 0, failures: 0, trying: null }));
}

export function contentsOf(values: readonly unknown[]): Contents {
  const waiting = new Map<string, Delivery>();
  let last: Place | null = null;
  for (const line of values) {
    if (isPlace(line)) last = { seq: line.seq, index: line.index };
    if (isNotice(line)) for (const each of deliveriesOf(line)) waiting.set(idOf(each), each);
    else if (isWaiting(line)) waiting.set(idOf(line.waiting), line.waiting);
    else if (isTry(line)) goOn(waiting, line.try, line.channel, { n: line.n, trying: line.boot });
    else if (isDone(line) && isLast(line.outcome)) waiting.delete(idOf({ key: line.done, channel: line.channel }));
    else if (isDone(line)) goOn(waiting, line.done, line.channel, { failures: line.failures, trying: null });
  }
  return { waiting, last };
}

function goOn(waiting: Map<string, Delivery>, key: string, channel: number, change: Partial<Delivery>): void {
  const delivery = waiting.get(idOf({ key, channel }));
  if (delivery !== undefined) waiting.set(idOf(delivery), { ...delivery, ...change });
}

/** No further try follows. */
export const isLast = (end: End): boolean => end === 'delivered' || end === 'given-up';

/** The fewest lines that say the same. */
export const linesOf = ({ waiting, last }: Contents): readonly Line[] => [
  ...[...waiting.values()].map((each) => ({ waiting: each })),
  ...(last === null ? [] : [last]),
];

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isPlace = (value: unknown): value is Place =>
  isRecord(value) && typeof value['seq'] === 'number' && typeof value['index'] === 'number';

const isNotice = (value: unknown): value is NoticeLine =>
  isRecord(value) && typeof value['key'] === 'string' && isRecord(value['notice']) && Array.isArray(value['channels']);

const isWaiting = (value: unknown): value is WaitingLine => isRecord(value) && isRecord(value['waiting']);
const isTry = (value: unknown): value is TryLine => isRecord(value) && typeof value['try'] === 'string';
const isDone = (value: unknown): value is DoneLine => isRecord(value) && typeof value['done'] === 'string';
