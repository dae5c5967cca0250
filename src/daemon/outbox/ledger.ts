import { randomUUID } from 'node:crypto';
import { outboxFile } from '../../home/paths.ts';
import { readLines } from '../../home/ndjson.ts';
import type { Place } from '../../home/records.ts';
import type { Notice } from '../../kernel/notices.ts';
import type { NotifySpec } from '../../kernel/spec.ts';
import { Appender } from '../appender.ts';
import { replaceFile } from '../../home/durable.ts';
import { contentsOf, deliveriesOf, idOf, isLast, linesOf, type Delivery, type End, type Line } from './lines.ts';

/**
 * What is to be delivered, in memory and in `outbox.ndjson`. A disk that refuses stops nothing: memory goes on, and as
 * soon as the disk takes it the whole file is written anew, since a refused line may have left a part of itself.
 */
export class Ledger {
  readonly #path: string;
  readonly #bytesMax: number;
  readonly #waiting: Map<string, Delivery>;
  #last: Place | null;
  #file: Appender;
  /** Size after the last fold: what still waits may be more than `bytesMax`. */
  #folded = 0;
  /** A fold closes the file, which must not happen while it is on its way to the disk. */
  #syncs = 0;
  #refusal: string | null = null;

  /** @throws what the disk says when the file cannot be read or opened. */
  constructor(home: string, bytesMax: number) {
    this.#path = outboxFile(home);
    this.#bytesMax = bytesMax;
    const { waiting, last } = contentsOf(readLines(this.#path).values);
    this.#waiting = new Map(waiting);
    this.#last = last;
    this.#file = new Appender(this.#path);
  }

  /** The place of the last notice that was ever taken in. */
  get last(): Place | null {
    return this.#last;
  }

  /** Why the disk does not take what happens, null when it does. */
  get refusal(): string | null {
    return this.#refusal;
  }

  /** Oldest first. */
  waiting(): readonly Delivery[] {
    return [...this.#waiting.values()];
  }

  add(place: Place, notice: Notice, channels: readonly NotifySpec[]): readonly Delivery[] {
    const line = { ...place, key: randomUUID(), notice, channels };
    const added = deliveriesOf(line);
    for (const each of added) this.#waiting.set(idOf(each), each);
    this.#last = place;
    this.#write(line);
    return added;
  }

  /** @returns the delivery with its next try. */
  begin(delivery: Delivery, boot: string): Delivery {
    const { key, channel } = delivery;
    const begun = { ...delivery, n: delivery.n + 1, trying: boot };
    this.#waiting.set(idOf(begun), begun);
    this.#write({ try: key, channel, n: begun.n, boot });
    return begun;
  }

  /** @returns the delivery as it goes on, null when this was its end. */
  settle(delivery: Delivery, outcome: End): Delivery | null {
    const { key, channel, n } = delivery;
    const failures = delivery.failures + (outcome === 'failed' || outcome === 'given-up' ? 1 : 0);
    const next = isLast(outcome) ? null : { ...delivery, failures, trying: null };
    if (next === null) this.#waiting.delete(idOf(delivery));
    else this.#waiting.set(idOf(next), next);
    this.#write({ done: key, channel, n, outcome, failures });
    return next;
  }

  /** Settles when all that was written is on the disk, or the disk has said that it is not. */
  async sync(): Promise<void> {
    this.#syncs += 1;
    try {
      await this.#file.sync();
    } catch (error) {
      this.#refusal = reasonOf(error);
    } finally {
      this.#syncs -= 1;
    }
  }

  /** Asks a disk that has refused once more. */
  repair(): void {
    if (this.#refusal !== null) this.#fold();
  }

  close(): void {
    this.#fold();
    this.#file.close();
  }

  #write(line: Line): void {
    if (this.#refusal !== null) {
      this.#fold();
      return;
    }
    try {
      this.#file.append(`${JSON.stringify(line)}\n`);
    } catch (error) {
      this.#refusal = reasonOf(error);
      return;
    }
    if (this.#file.bytes > Math.max(this.#bytesMax, 2 * this.#folded)) this.#fold();
  }

  #fold(): void {
    if (this.#syncs > 0) return;
    const lines = linesOf({ waiting: this.#waiting, last: this.#last });
    try {
      replaceFile(this.#path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      const file = new Appender(this.#path);
      this.#file.close();
      this.#file = file;
      this.#folded = file.bytes;
      this.#refusal = null;
    } catch (error) {
      this.#refusal = reasonOf(error);
    }
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
