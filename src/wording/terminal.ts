import type { Environment } from '../home/paths.ts';

/** What the reader of a stream can see. */
export type Terminal = {
  /** In characters; endless where no terminal reads: nothing is cut or wrapped in a pipe. */
  readonly width: number;
  readonly colour: boolean;
  readonly ellipsis: '…' | '...';
};

type Stream = { readonly isTTY?: boolean; readonly columns?: number };

/** Of a terminal that does not tell its size. */
const WIDTH_USUAL = 80;

export function terminalOf({ isTTY, columns }: Stream, env: Environment): Terminal {
  const isTerminal = isTTY === true;
  const isPlain = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return {
    width: isTerminal ? (positive(columns) ?? positive(Number(env['COLUMNS'])) ?? WIDTH_USUAL) : Infinity,
    colour: isTerminal && !isPlain,
    ellipsis: speaksUtf8(env) ? '…' : '...',
  };
}

/** The first of the three that is set counts, as for every other program. */
function speaksUtf8(env: Environment): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((word) => word !== undefined && word !== '');
  return /utf-?8/i.test(locale ?? '');
}

const positive = (number: number | undefined): number | undefined =>
  number !== undefined && Number.isInteger(number) && number > 0 ? number : undefined;
