import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { codeProblem } from '../../claude/sign-in-code.ts';

export type TypedCode = { readonly close: () => void };

export type Typing = {
  readonly onCode: (code: string) => void;
  readonly onProblem: (problem: string) => void;
  /** Ctrl-C: a terminal that shows nothing makes no signal of it. */
  readonly onGivenUp: () => void;
};

/** Reads lines from this terminal, shows nothing of them and keeps none, until one may be a code. */
export function readTypedCode({ onCode, onProblem, onGivenUp }: Typing): TypedCode {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  lines.on('SIGINT', onGivenUp);
  lines.on('line', (line) => {
    const code = line.trim();
    const problem = codeProblem(code);
    if (problem !== null) return onProblem(problem);
    lines.close();
    onCode(code);
  });
  return { close: () => lines.close() };
}
