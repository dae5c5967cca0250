import { isUtf8 } from 'node:buffer';
import { redact } from '../kernel/redaction.ts';
import type { LogLine } from './log-stream.ts';
import { entriesOf, entryLine } from './transcript.ts';
import type { Entry } from './transcript.ts';
import type { Context } from './verb.ts';

export type LogPrinter = {
  readonly shows: (line: LogLine) => boolean;
  readonly line: (line: LogLine) => Promise<void>;
  readonly end: () => Promise<void>;
};

/** readable: who said what · raw: stdout byte for byte · json: one array · json-lines: one object a line, for what never ends. */
export type LogForm = 'readable' | 'raw' | 'json' | 'json-lines';

/** Every way an agent's output leaves is redacted here. */
export const PRINTERS: Readonly<Record<LogForm, (context: Context) => LogPrinter>> = {
  readable,
  raw,
  json,
  'json-lines': jsonLines,
};

function readable(context: Context): LogPrinter {
  return {
    shows: (line) => entries(line).length > 0,
    line: async (line) => {
      for (const entry of entries(line)) context.say(entryLine(entry));
    },
    end: async () => undefined,
  };
}

function raw(context: Context): LogPrinter {
  return {
    shows: ({ stream }) => stream === 'stdout',
    line: async ({ stream, bytes }) => {
      if (stream === 'stdout') await context.write(Buffer.concat([redactBytes(bytes), NEWLINE]));
    },
    end: async () => undefined,
  };
}

function json(context: Context): LogPrinter {
  const lines: object[] = [];
  return {
    shows: () => true,
    line: async (line) => {
      lines.push(object(line));
    },
    end: async () => context.answer(lines),
  };
}

function jsonLines(context: Context): LogPrinter {
  return {
    shows: () => true,
    line: async (line) => context.answer(object(line)),
    end: async () => undefined,
  };
}

const NEWLINE = Buffer.from('\n');

const object = ({ run, stream, bytes }: LogLine): object => ({ run, stream, line: redact(bytes.toString('utf8')) });

function entries({ stream, bytes }: LogLine): readonly Entry[] {
  const text = bytes.toString('utf8');
  if (stream === 'stdout') return entriesOf(text);
  return text.trim() === '' ? [] : [{ who: 'stderr', text }];
}

/** Bytes that are no UTF-8 are read one by one as characters, so that they leave as they came. */
function redactBytes(bytes: Buffer): Buffer {
  const encoding = isUtf8(bytes) ? 'utf8' : 'latin1';
  const text = bytes.toString(encoding);
  const clean = redact(text);
  return clean === text ? bytes : Buffer.from(clean, encoding);
}
