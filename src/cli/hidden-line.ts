import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** Asks on stderr for one line and shows nothing of what is typed or pasted; null when the input ends or Ctrl-C is pressed. */
export function askHidden(question: string): Promise<string | null> {
  // First the terminal goes silent, then it asks: not even the first letter is shown.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  process.stderr.write(question);
  return new Promise((resolve) => {
    const end = (line: string | null): void => {
      process.stderr.write('\n');
      resolve(line);
      lines.close();
    };
    lines.once('line', end);
    lines.once('SIGINT', () => end(null));
    lines.once('close', () => resolve(null));
  });
}
