import { readFileSync } from 'node:fs';
import { AgentvisorError } from '../../protocol/errors.ts';
import { askHidden } from '../hidden-line.ts';
import { readStdin } from '../read-stdin.ts';
import { usageError } from '../usage.ts';

/** No secret is longer; what is larger is another file than was meant. */
const SECRET_BYTES_MAX = 8 * 1024;

/** The new secret: from a file, from stdin (`-`), or typed without being shown. Never from an argument, which others can see. */
export async function readSecret(from: string | undefined): Promise<string> {
  const text = from === undefined ? await typed() : from === '-' ? await onStdin() : readFile(from);
  const secret = text.trim();
  if (secret === '') throw usageError('There is no secret in it.', 'Give a file with the new secret: --from FILE');
  return secret;
}

async function typed(): Promise<string> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw usageError(
      'rotate cannot ask here (no terminal).',
      'Give the new secret in a file or on stdin: --from FILE or --from -',
    );
  }
  const line = await askHidden('The new secret (it is not shown): ');
  if (line === null)
    throw new AgentvisorError('failed', 'Nothing was changed: no secret was given.', 'Begin again when you have it.');
  return line;
}

const onStdin = async (): Promise<string> =>
  (await readStdin(SECRET_BYTES_MAX, () => tooLarge('What stands on stdin'))).toString('utf8');

function readFile(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new AgentvisorError(
      'usage',
      `${path} cannot be read (${code}).`,
      'Name the file with the new secret: --from FILE',
      cause,
    );
  }
  if (bytes.length > SECRET_BYTES_MAX) throw tooLarge(path);
  return bytes.toString('utf8');
}

const tooLarge = (what: string): AgentvisorError =>
  usageError(`${what} is larger than any secret.`, 'Name the file that holds the secret and nothing else.');
