import { redact } from '../kernel/redaction.ts';
import type { Problem } from './problem.ts';

const MESSAGE_CHARACTERS_MAX = 300;

/** A mistake that is about the whole file: `message` begins with the place. */
export function fileProblem(place: string, expected: string, found: string, hint?: string): Problem {
  const message = `${place}: ${found}`;
  return { path: '', expected, found, message, ...(hint === undefined ? {} : { hint }) };
}

/** Why importing `file` failed, in one line and with the place in it; never a stack trace. */
export function explainFailure(thrown: unknown, file: string): Problem {
  return syntaxProblem(thrown, file) ?? throwProblem(thrown, file);
}

/** Wording of jiti's parser (column from 0), and of Node for a file that was not transformed. */
function syntaxProblem(thrown: unknown, file: string): Problem | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const [, said, path, line, column] = /^ParseError:\s*(.*?)\s*\n\s*(.+):(\d+):(\d+)\s*$/s.exec(thrown.message) ?? [];
  const expected = 'a file that can be parsed';
  if (said !== undefined && path !== undefined) {
    return fileProblem(
      `${path}:${line}:${Number(column) + 1}`,
      expected,
      `syntax error: ${oneLine(said)}`,
      'correct this line',
    );
  }
  if (thrown.name !== 'SyntaxError') return undefined;
  const [, place] = /^(?:file:\/\/)?(\/.+:\d+)\n/.exec(thrown.stack ?? '') ?? [];
  return fileProblem(
    place ?? placeOf(thrown, file),
    expected,
    `syntax error: ${oneLine(thrown.message)}`,
    'correct this line',
  );
}

function throwProblem(thrown: unknown, file: string): Problem {
  const place = thrown instanceof Error ? placeOf(thrown, file) : file;
  const isMissing = thrown instanceof Error && 'code' in thrown && String(thrown.code).endsWith('MODULE_NOT_FOUND');
  const hint = isMissing
    ? 'check the path, or install the package beside the file'
    : 'the file is run to read it: correct what it does there';
  return fileProblem(place, 'a file that can be run', `throws ${describeThrown(thrown)}`, hint);
}

function describeThrown(thrown: unknown): string {
  if (thrown instanceof Error) return oneLine(`${thrown.name}: ${thrown.message}`);
  return typeof thrown === 'string' ? oneLine(JSON.stringify(thrown)) : `a value that is no Error (${typeof thrown})`;
}

/** `file:line` of the innermost frame in the user's own code, or the file alone. */
function placeOf(error: Error, file: string): string {
  const frames = (error.stack ?? '').matchAll(/^\s+at (?:.* \()?(?:file:\/\/)?(\/[^\n]*?):(\d+):\d+\)?$/gm);
  for (const [, path, line] of frames) {
    if (path !== undefined && isUserCode(path)) return `${path}:${line}`;
  }
  return file;
}

/** Installed packages (jiti and agentvisor among them) and the loader itself are not what the user can correct. */
function isUserCode(path: string): boolean {
  return (
    !path.includes('/node_modules/') &&
    path !== new URL(import.meta.url).pathname &&
    !/\/config\/loader-child\.[jt]s$/.test(path)
  );
}

function oneLine(text: string): string {
  const [first = ''] = redact(text).split('\n');
  return first.length <= MESSAGE_CHARACTERS_MAX ? first : `${first.slice(0, MESSAGE_CHARACTERS_MAX)}…`;
}
