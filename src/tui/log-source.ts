import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate as breath, setTimeout as sleep } from 'node:timers/promises';
import { logRedactor } from '../box/known-secrets.ts';
import { RUN_FILES } from '../home/paths.ts';
import { hasCode } from '../home/system-error.ts';
import { endsOf, followRuns, lineOf } from '../logs/log-stream.ts';
import { runsOf } from '../logs/run-files.ts';
import type { RunFiles } from '../logs/run-files.ts';
import { runTitle, timesOf } from '../logs/run-times.ts';
import { linesBackwards } from '../logs/tail.ts';
import { cleanLine } from './clean.ts';
import { LogBatch } from './log-batch.ts';
import type { LogEntry, LogRun } from './log-entry.ts';
import { logEntries, said } from './log-words.ts';
import type { Effect, Message } from './model.ts';

export type LogMessage = Extract<Message, { readonly type: 'log-read' | 'log-grew' }>;
export type LogSource = {
  /** Nothing is heard afterwards. */
  readonly close: () => void;
  /** When no file is open and no timer set any more. Never rejects. */
  readonly ended: Promise<void>;
};

type Wanted = Omit<Extract<Effect, { readonly type: 'open-log' }>, 'type'>;
type Listener = { readonly hear: (message: LogMessage) => void; readonly signal: AbortSignal };

/** Of the past. What is read is bounded in every way: entries, characters that are kept, bytes that are looked through. */
const ENTRIES_READ_MAX = 2_000;
const CHARACTERS_READ_MAX = 500_000;
const BYTES_READ_MAX = 16 * 1024 * 1024;
/** Of a run's stderr, whose lines carry no time to sort them in by. */
const STDERR_LINES_READ_MAX = 20;
/** Reading makes way for keys and frames that often. */
const BREATH_MS = 10;
/** Runs begin, end and are removed without a word in a log. */
const LOOK_MS = 1_000;
/** A folder that was removed while it was read. */
const RETRY_MS = 200;

/**
 * The last lines of an agent's runs (`log-read`), then what is written (`log-grew`), until it is closed. Needs no daemon;
 * an agent without a folder has not run yet. What cannot be read is said in the log.
 */
export function openLog(home: string, wanted: Wanted, hear: (message: LogMessage) => void): LogSource {
  const controller = new AbortController();
  const { signal } = controller;
  const redact = logRedactor(home, process.env, runsOf(home, wanted.name)?.at(-1)?.run ?? '');
  const redacted = (message: LogMessage): LogMessage => ({
    ...message,
    entries: message.entries.map((entry) => ({ ...entry, text: redact(entry.text, entry.run) })),
  });
  const listener: Listener = { signal, hear: (message) => signal.aborted || hear(redacted(message)) };
  return { close: () => controller.abort(), ended: readAndFollow(home, wanted, listener) };
}

async function readAndFollow(home: string, wanted: Wanted, listener: Listener): Promise<void> {
  const { signal } = listener;
  while (!signal.aborted) {
    try {
      await readAndFollowOnce(home, wanted, listener);
    } catch (error) {
      if (signal.aborted) return;
      if (!hasCode(error, 'ENOENT')) {
        listener.hear({
          type: 'log-grew',
          name: wanted.name,
          runs: [],
          entries: [unreadable(wanted, error)],
          dropped: 0,
        });
        return;
      }
      // Only close() ends the pause early.
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

const unreadable = ({ run }: Wanted, error: unknown): LogEntry =>
  said(run ?? '', `The log cannot be read: ${cleanLine(error instanceof Error ? error.message : String(error))}`);

async function readAndFollowOnce(home: string, wanted: Wanted, { hear, signal }: Listener): Promise<void> {
  const { name, run, raw } = wanted;
  const files = runsOf(home, name) ?? [];
  // Before their ends are looked for: what has ended by now writes no more.
  const ended = endedRuns(files);
  const ends = endsOf(files);
  const entries = await lastEntries(wanted, files, { ended, ends }, signal);
  let runs = logRuns(files);
  hear({ type: 'log-read', name, runs, entries });
  const look = (): boolean => {
    const now = logRuns(runsOf(home, name) ?? []);
    const hasChanged = JSON.stringify(now) !== JSON.stringify(runs);
    runs = now;
    return hasChanged;
  };
  const batch = new LogBatch({
    raw,
    run: entries.at(-1)?.run ?? null,
    titleOf: (id) =>
      titleOf(
        runsOf(home, name)?.find((kept) => kept.run === id),
        id,
      ),
    hear: (grown) => {
      if (grown.entries.some((entry) => runs.every((kept) => kept.run !== entry.run))) look();
      hear({ type: 'log-grew', name, runs, ...grown });
    },
  });
  const watch = setInterval(() => {
    if (look()) hear({ type: 'log-grew', name, runs, entries: [], dropped: 0 });
  }, LOOK_MS);
  try {
    for await (const line of followRuns(home, name, ends, signal)) {
      if ((run === null || line.run === run) && !(raw && line.stream === 'stderr')) batch.add(line);
    }
  } finally {
    clearInterval(watch);
    batch.close();
  }
}

const logRuns = (files: readonly RunFiles[]): readonly LogRun[] =>
  files.map((kept) => {
    const { startedAt, endedAt } = timesOf(kept);
    return { run: cleanLine(kept.run), startedAt, endedAt };
  });

const titleOf = (files: RunFiles | undefined, run: string): string =>
  cleanLine(files === undefined ? run : runTitle(files));

/** Half a line is the last word of a run that has ended; of one that lives it is still being written. */
const endedRuns = (files: readonly RunFiles[]): ReadonlySet<string> =>
  new Set(files.filter(({ stdout }) => existsSync(join(dirname(stdout), RUN_FILES.exit))).map(({ run }) => run));

/** What may still be read. */
type Budget = { entries: number; characters: number; bytes: number; breathAt: number };

const hasMore = ({ entries, characters, bytes }: Budget): boolean => entries > 0 && characters > 0 && bytes > 0;

/** From the last run backwards, then turned around. */
async function lastEntries(
  { name, run, raw }: Wanted,
  files: readonly RunFiles[],
  past: Past,
  signal: AbortSignal,
): Promise<readonly LogEntry[]> {
  const budget: Budget = {
    entries: ENTRIES_READ_MAX,
    characters: CHARACTERS_READ_MAX,
    bytes: BYTES_READ_MAX,
    breathAt: performance.now() + BREATH_MS,
  };
  const newestFirst: LogEntry[] = [];
  for (const kept of files.filter((candidate) => run === null || candidate.run === run).toReversed()) {
    if (!hasMore(budget)) break;
    const reading = { raw, budget, signal, past };
    if (!raw) newestFirst.push(...(await linesBack(kept, 'stderr', STDERR_LINES_READ_MAX, reading)));
    newestFirst.push(...(await linesBack(kept, 'stdout', Infinity, reading)));
    newestFirst.push({ run: kept.run, who: 'run', text: titleOf(kept, kept.run) });
  }
  const oldest = newestFirst.at(-1)?.run ?? '';
  if (!hasMore(budget)) newestFirst.push(said(oldest, `Older lines are not shown here: agentvisor logs ${name} --raw`));
  return newestFirst.toReversed();
}

/** Where what follows begins. */
type Past = { readonly ended: ReadonlySet<string>; readonly ends: ReadonlyMap<string, number> };

type Reading = {
  readonly raw: boolean;
  readonly budget: Budget;
  readonly signal: AbortSignal;
  readonly past: Past;
};

async function linesBack(
  files: RunFiles,
  stream: 'stdout' | 'stderr',
  linesMax: number,
  { raw, budget, signal, past }: Reading,
): Promise<readonly LogEntry[]> {
  const file = files[stream];
  const newestFirst: LogEntry[] = [];
  if (!past.ends.has(file)) return newestFirst;
  const end = past.ended.has(files.run) ? undefined : past.ends.get(file);
  let lines = 0;
  for (const found of linesBackwards(file, end)) {
    const line = lineOf(files.run, stream, found);
    const entries = logEntries(line, raw);
    newestFirst.push(...entries.toReversed());
    budget.bytes -= line.bytes.length;
    budget.entries -= entries.length;
    budget.characters -= entries.reduce((sum, { text }) => sum + text.length, 0);
    lines += 1;
    if (lines >= linesMax || !hasMore(budget)) break;
    if (performance.now() < budget.breathAt) continue;
    await breath(undefined, { signal });
    budget.breathAt = performance.now() + BREATH_MS;
  }
  return newestFirst;
}
