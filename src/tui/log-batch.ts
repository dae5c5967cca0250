import type { LogLine } from '../logs/log-stream.ts';
import { logEntries, said } from './log-words.ts';
import type { LogEntry } from './log-entry.ts';

/** People do not read faster, and a screen is not drawn more often. */
const BATCH_MS = 100;
/** Of one batch: more than a screen holds. Only what is kept is looked into, so that a flood costs little. */
const LINES_MAX = 1_000;
const BYTES_MAX = 256 * 1024;

export type Grown = { readonly entries: readonly LogEntry[]; readonly dropped: number };

export type BatchRules = {
  readonly raw: boolean;
  /** The run that was spoken of last. */
  readonly run: string | null;
  /** What a run is called above its lines. */
  readonly titleOf: (run: string) => string;
  readonly hear: (grown: Grown) => void;
};

/** Gathers the lines that are written and hands them on at most ten times a second, the newest ones of a flood. */
export class LogBatch {
  readonly #rules: BatchRules;
  #run: string | null;
  #lines: LogLine[] = [];
  #bytes = 0;
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(rules: BatchRules) {
    this.#rules = rules;
    this.#run = rules.run;
  }

  add(line: LogLine): void {
    this.#lines.push(line);
    this.#bytes += line.bytes.length;
    if (this.#lines.length > LINES_MAX || this.#bytes > BYTES_MAX) this.#drop();
    this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#lines = [];
  }

  /** The older half at once, so that a flood is not moved about line by line; the last line stays. */
  #drop(): void {
    let count = 0;
    let { length } = this.#lines;
    while (length > 1 && (length > LINES_MAX / 2 || this.#bytes > BYTES_MAX / 2)) {
      this.#bytes -= this.#lines[count]?.bytes.length ?? 0;
      count += 1;
      length -= 1;
    }
    this.#lines.splice(0, count);
    this.#dropped += count;
  }

  #flush(): void {
    this.#timer = undefined;
    const lines = this.#lines;
    const dropped = this.#dropped;
    this.#lines = [];
    this.#bytes = 0;
    this.#dropped = 0;
    const entries = lines.flatMap((line) => this.#entriesOf(line));
    const [first] = lines;
    const gap = dropped > 0 && first !== undefined ? [said(first.run, tooFast(dropped))] : [];
    if (gap.length + entries.length > 0) this.#rules.hear({ entries: [...gap, ...entries], dropped });
  }

  #entriesOf(line: LogLine): readonly LogEntry[] {
    const entries = logEntries(line, this.#rules.raw);
    if (entries.length === 0 || line.run === this.#run) return entries;
    this.#run = line.run;
    return [{ run: line.run, who: 'run', text: this.#rules.titleOf(line.run) }, ...entries];
  }
}

const tooFast = (count: number): string =>
  `${count.toLocaleString('en-US')} lines came too fast to be shown here; they stand in the file.`;
