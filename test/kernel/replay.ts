import fc from 'fast-check';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/**
 * How the properties of the kernel are tried, and how a counterexample is kept: the failure names the one command that
 * plays it again, and the same text stands in a file, for a terminal that is closed or a log that is cut.
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Nobody commits it. */
const FOLDER = join(ROOT, 'counterexamples');

type Environment = Readonly<Record<string, string | undefined>>;
type How = Pick<fc.Parameters, 'seed' | 'path' | 'endOnFailure'>;

/**
 * `KERNEL_REPLAY=SEED/PATH` plays that counterexample and nothing else, as it was when it was made smaller.
 * `KERNEL_SEED` fixes what is tried; a failure is not made smaller either: only whether there is one is asked.
 */
export function howToTry({ KERNEL_REPLAY, KERNEL_SEED }: Environment): How {
  if (KERNEL_REPLAY === undefined)
    return KERNEL_SEED === undefined ? {} : { seed: Number(KERNEL_SEED), endOnFailure: true };
  const parts = /^(-?\d+)\/(\d+(?::\d+)*)$/.exec(KERNEL_REPLAY);
  if (parts === null) throw new Error(`KERNEL_REPLAY is '${KERNEL_REPLAY}'; a failed property says what it must be`);
  const [, seed = '', path = ''] = parts;
  return { seed: Number(seed), path, endOnFailure: true };
}

/** Where a property stands: its file, and its name without those of the groups around it. */
export type Place = { readonly file: string; readonly name: string };

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

type Failed = { readonly seed: number; readonly counterexamplePath: string | null };

/** The one command that plays a counterexample again. */
export function replayOf({ seed, counterexamplePath }: Failed, { file, name }: Place): string {
  const pattern = name.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
  const variable = `KERNEL_REPLAY=${seed}/${counterexamplePath ?? ''}`;
  return `${variable} npx vitest run --project unit ${quoted(file)} -t ${quoted(`${pattern}$`)}`;
}

/** What is true of all, tried so many times. */
export function forAll<T>(property: fc.IProperty<T>, numRuns: number): void {
  tell(fc.check(property, { ...howToTry(process.env), numRuns }));
}

/** The same of what takes real processes, where each try costs some time: what failed is not made smaller for ever. */
export async function forAllSlowly<T>(property: fc.IAsyncProperty<T>, numRuns: number): Promise<void> {
  tell(await fc.check(property, { ...howToTry(process.env), numRuns, interruptAfterTimeLimit: 60_000 }));
}

function tell<T>(outcome: fc.RunDetails<T>): void {
  if (!outcome.failed) return;
  const { testPath = '', currentTestName = '' } = expect.getState();
  const place = { file: relative(ROOT, testPath), name: currentTestName.split(' > ').at(-1) ?? '' };
  const replay = `Play it again: ${replayOf(outcome, place)}`;
  const report = `${replay}\n\n${fc.defaultReportMessage(outcome) ?? ''}\n\n${replay}`;
  // Who fixes the seed has it already.
  const isNew = howToTry(process.env).seed === undefined;
  const where = isNew ? keep(`${outcome.seed}.txt`, `${report}\n\n${String(outcome.errorInstance)}\n`) : '';
  throw new Error(`${report}\n${where}`, { cause: outcome.errorInstance });
}

function keep(name: string, text: string): string {
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, name);
  writeFileSync(file, text);
  return `It is kept in ${relative(ROOT, file)}.`;
}
