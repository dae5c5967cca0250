/** Lines for people: columns that a terminal of any width can show; a pipe gets one line each and no colours. */

export type Label = 'ready' | 'answered' | 'noticed' | 'decided' | 'tried' | 'proven';

export type Line = {
  /** Since the demo has begun. */
  readonly ms: number;
  readonly agent: string;
  readonly label: Label;
  readonly text: string;
};

export type Look = { readonly width: number; readonly colour: boolean };

export const lookOf = (
  { isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number },
  env: Readonly<Record<string, string | undefined>>,
): Look => ({
  width: isTTY === true && columns !== undefined && columns > 0 ? columns : Infinity,
  colour: isTTY === true && (env['NO_COLOR'] ?? '') === '',
});

/** Where the text begins is where it goes on, unless that leaves it too little room. */
const TEXT_WIDTH_MIN = 30;
const NARROW_INDENT = 4;
const LABEL_WIDTH = 8;
const RESET = '\u001B[0m';
const COLOURS: Readonly<Record<Label, string>> = {
  ready: '\u001B[2m',
  answered: '\u001B[2m',
  noticed: '\u001B[33m',
  decided: '\u001B[36m',
  tried: '\u001B[35m',
  proven: '\u001B[32m',
};

export function lineText({ ms, agent, label, text }: Line, agentWidth: number, look: Look): string {
  const time = `${(ms / 1000).toFixed(1).padStart(5)}s`;
  const head = `${time}  ${agent.padEnd(agentWidth)}  ${label.padEnd(LABEL_WIDTH)}`;
  const wrapped = wrap(`${head}  ${text}`, head.length + 2, look.width);
  if (!look.colour) return wrapped;
  const at = head.length - LABEL_WIDTH;
  return `${wrapped.slice(0, at)}${COLOURS[label]}${wrapped.slice(at, at + label.length)}${RESET}${wrapped.slice(at + label.length)}`;
}

/** Broken between words; the lines that follow are indented. A word that is longer than a line is left whole. */
export function wrap(text: string, indent: number, width: number): string {
  if (text.length <= width) return text;
  const margin = ' '.repeat(width - indent >= TEXT_WIDTH_MIN ? indent : NARROW_INDENT);
  const lines: string[] = [];
  let line = text.slice(0, indent);
  for (const word of text.slice(indent).split(' ')) {
    const isFirst = lines.length === 0 && line.length === indent;
    const longer = isFirst ? line + word : `${line} ${word}`;
    if (longer.length <= width || isFirst) line = longer;
    else {
      lines.push(line.trimEnd());
      line = margin + word;
    }
  }
  return [...lines, line].join('\n');
}
