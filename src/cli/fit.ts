import type { Environment } from '../home/paths.ts';
import { terminalOf } from '../wording/terminal.ts';
import { wrapLines } from '../wording/wrap.ts';

/** Running text for whoever reads a stream: what is longer than a terminal is wide goes on below, a little in. */
export const fit = (text: string, stream: Parameters<typeof terminalOf>[0], env: Environment): string =>
  wrapLines(text, terminalOf(stream, env).width, 2);
