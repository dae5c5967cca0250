import { isUtf8 } from 'node:buffer';
import type { LogRedactor } from '../box/known-secrets.ts';
import type { LogLine } from '../logs/log-stream.ts';
import { terminalOf } from '../wording/terminal.ts';
import { entryLine } from './entry-line.ts';
import { entriesOf } from '../logs/entries.ts';
import type { Entry } from '../logs/entries.ts';
import type { Context } from './verb.ts';

export type LogPrinter = {
  readonly shows: (line: LogLine) => boolean;
  /** Of a line that it shows. */
  readonly line: (line: LogLine) => Promise<void>;
  readonly end: () => Promise<void>;
};

export type LogLook = {
  /** Undefined: everything is wanted. */
  readonly matches: ((text: string) => boolean) | undefined;
  /** Takes out of a text what must not be shown. */
  readonly redact: LogRedactor;
  /** What a run is called above its lines. */
  readonly titleOf: (run: string) => string;
};

/** readable: who said what · raw: stdout byte for byte · json: one array · json-lines: one object a line, for what never ends. */
export type LogForm = 'readable' | 'raw' | 'json' | 'json-lines';

/** Every way an agent's output leaves is redacted here. */
export const PRINTERS: Readonly<Record<LogForm, (context: Context, look: LogLook) => LogPrinter>> = {
  readable,
  raw,
  json,
  'json-lines': jsonLines,
};

function readable(context: Context, { matches, titleOf, redact }: LogLook): LogPrinter {
  const wanted = (line: LogLine): readonly Entry[] =>
    entries(line)
      .map((entry) => ({ ...entry, text: redact(entry.text, line.run) }))
      .filter(({ text }) => matches === undefined || matches(text));
  const say = (entry: Entry): void => context.say(entryLine(entry, terminalOf(process.stdout, context.env)));
  let current: string | undefined;
  return {
    shows: (line) => wanted(line).length > 0,
    line: async (line) => {
      if (line.run !== current) say({ who: 'run', text: titleOf(line.run) });
      current = line.run;
      for (const entry of wanted(line)) say(entry);
    },
    end: async () => undefined,
  };
}

function raw(context: Context, { matches, redact }: LogLook): LogPrinter {
  return {
    shows: (line) => line.stream !== 'stderr' && (matches === undefined || matches(redact(textOf(line), line.run))),
    // What is no line of the agent's is kept out of what a program reads.
    line: async (line) =>
      line.stream === 'note'
        ? context.note(line.bytes.toString())
        : context.write(Buffer.concat([redactBytes(line, redact), NEWLINE])),
    end: async () => undefined,
  };
}

function json(context: Context, { matches, redact }: LogLook): LogPrinter {
  const lines: object[] = [];
  return {
    shows: (line) => matches === undefined || matches(redact(textOf(line), line.run)),
    line: async (line) => {
      lines.push(object(line, redact));
    },
    end: async () => context.answer(lines),
  };
}

function jsonLines(context: Context, { matches, redact }: LogLook): LogPrinter {
  return {
    shows: (line) => matches === undefined || matches(redact(textOf(line), line.run)),
    line: async (line) => context.answer(object(line, redact)),
    end: async () => undefined,
  };
}

const NEWLINE = Buffer.from('\n');

/** What is searched is what is shown, without secrets: no credential can be guessed at. */
const textOf = ({ bytes }: LogLine): string => bytes.toString('utf8');

const object = (line: LogLine, redact: LogRedactor): object => ({
  run: line.run,
  stream: line.stream,
  line: redact(textOf(line), line.run),
});

function entries({ stream, bytes }: LogLine): readonly Entry[] {
  const text = bytes.toString('utf8');
  if (stream === 'stdout') return entriesOf(text);
  if (stream === 'note') return [{ who: 'note', text }];
  return text.trim() === '' ? [] : [{ who: 'stderr', text }];
}

/** Bytes that are no UTF-8 are read one by one as characters, so that they leave as they came. */
function redactBytes({ bytes, run }: LogLine, redact: LogRedactor): Buffer {
  const encoding = isUtf8(bytes) ? 'utf8' : 'latin1';
  const text = bytes.toString(encoding);
  const clean = redact(text, run);
  return clean === text ? bytes : Buffer.from(clean, encoding);
}
