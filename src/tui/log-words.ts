import { entriesOf } from '../logs/entries.ts';
import type { LogLine } from '../logs/log-stream.ts';
import { clean } from './clean.ts';
import type { LogEntry } from './log-entry.ts';

/** A longer line (a picture that a tool has read) is not looked into: it would hold up the screen. */
const LINE_BYTES_MAX = 1024 * 1024;
/** Of one entry. Only `--raw` of the command line shows more. */
const TEXT_CHARACTERS_MAX = 8_000;
/** Of what is cleaned for that; its end goes, too, because a credential may have been cut there. */
const SOURCE_CHARACTERS_MAX = 64 * 1024;
const SEAM = 1024;

/** What a line of a log says to people, or as it is: cleaned, redacted and bounded. */
export function logEntries({ run, stream, bytes }: LogLine, raw: boolean): readonly LogEntry[] {
  if (raw && stream === 'stderr') return [];
  if (bytes.length > LINE_BYTES_MAX) return [said(run, `(a line of ${bytes.length} bytes is not shown)`)];
  const line = bytes.toString('utf8');
  if (raw) return [{ run, who: 'stdout', text: shown(line) }];
  if (stream === 'stderr') return line.trim() === '' ? [] : [{ run, who: 'stderr', text: shown(line) }];
  return wordsOf(line).map(({ who, text }) => ({ run, who, text: shown(text) }));
}

/** By agentvisor itself. */
export const said = (run: string, text: string): LogEntry => ({ run, who: 'log', text });

function wordsOf(line: string): ReturnType<typeof entriesOf> {
  try {
    return entriesOf(line);
  } catch (error) {
    // The input of a tool that is nested deeper than the stack is.
    if (error instanceof RangeError) return [{ who: 'stdout', text: line }];
    throw error;
  }
}

function shown(text: string): string {
  const isLong = text.length > SOURCE_CHARACTERS_MAX;
  const cleaned = clean(isLong ? text.slice(0, SOURCE_CHARACTERS_MAX) : text);
  const whole = isLong ? cleaned.slice(0, -SEAM) : cleaned;
  if (!isLong && whole.length <= TEXT_CHARACTERS_MAX) return whole;
  const begin = whole.slice(0, TEXT_CHARACTERS_MAX).replace(/[\ud800-\udbff]$/, '');
  return `${begin} ... (${text.length} characters)`;
}
