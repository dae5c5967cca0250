import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readExit } from '../../../src/daemon/process/run-files.ts';
import { messageOf } from '../../../src/kernel/ids.ts';
import type { StandInBox } from '../../daemon/stand-in-box.ts';
import { firstBreak, lastIn, numbersIn, runDirs, streamOf } from '../streams.ts';
import type { Asked } from './load.ts';

/** What is wrong with the output of a writer: each run counts from 1 without a gap, to the number that it ended with. */
export function brokenCounts(fleet: StandInBox, agent: string): readonly string[] {
  return runDirs(fleet.home, agent).flatMap((runDir) => {
    const live = join(runDir, 'stdout.ndjson');
    // A daemon that was killed before it had started a process has left a folder without one.
    if (!existsSync(live)) return [];
    const { bytes, gone } = streamOf(live);
    const text = bytes.toString();
    const last = lastIn(text);
    const numbers = numbersIn(text);
    // Only one that was killed has not said its last number, and may have died in the midst of a line.
    const wasKilled = last === null && (readExit(runDir)?.code === 137 || numbers.length === 0);
    const end = last ?? numbers.at(-1) ?? 0;
    const problem = firstBreak(numbers, end) ?? (gone > 0 ? `${gone} bytes are gone` : null);
    if (problem !== null) return [`${agent} ${basename(runDir)}: ${problem}`];
    return last === null && !wasKilled ? [`${agent} ${basename(runDir)}: has no end`] : [];
  });
}

type Result = {
  readonly type?: string;
  readonly is_error?: boolean;
  readonly result?: string;
  readonly result_index?: number;
  readonly user_message_uuids?: readonly string[];
};

/** The turns of an agent in the order in which they ended, and what is wrong with its output. */
export function turnsOf(fleet: StandInBox, agent: string): { readonly results: Result[]; readonly broken: string[] } {
  const results: Result[] = [];
  const broken: string[] = [];
  for (const runDir of runDirs(fleet.home, agent)) {
    const live = join(runDir, 'stdout.ndjson');
    if (!existsSync(live)) continue;
    const { bytes, gone } = streamOf(live);
    const { lines, rest } = linesOf(bytes.toString());
    const own = lines.filter(({ type }) => type === 'result');
    const run = `${agent} ${basename(runDir)}`;
    if (gone > 0) broken.push(`${run}: ${gone} bytes are gone`);
    if (rest > 0) broken.push(`${run}: ${rest} lines are no lines`);
    // It counts them itself.
    own.forEach(({ result_index }, index) => {
      if (result_index !== index) broken.push(`${run}: result ${result_index} stands in the place of ${index}`);
    });
    results.push(...own);
  }
  return { results, broken };
}

/** The end of a run that was killed may be half a line; it is none that is broken. */
function linesOf(text: string): { readonly lines: readonly Result[]; readonly rest: number } {
  const whole = text.split('\n').slice(0, -1);
  const lines = whole.flatMap((line) => {
    try {
      return [JSON.parse(line) as Result];
    } catch {
      return [];
    }
  });
  return { lines, rest: whole.length - lines.length };
}

/** Who was not answered by exactly one turn, or by one that had heard the question more than once. */
export function wronglyAnswered(fleet: StandInBox, agent: string, asked: readonly Asked[]): readonly string[] {
  const { results, broken } = turnsOf(fleet, agent);
  const good = results.filter(({ is_error: isError }) => isError === false);
  const answers = new Map<string, Result[]>();
  for (const result of good) {
    for (const id of new Set((result.user_message_uuids ?? []).map(messageOf)))
      answers.set(id, [...(answers.get(id) ?? []), result]);
  }
  const wrong = asked.flatMap(({ id, text, outcome }) => {
    const own = answers.get(id) ?? [];
    const [only] = own;
    // Work on it had begun: then it is told to go on.
    const expected = only?.result?.startsWith('continue, ') === true ? only.result : `${text.slice(0, 200)}, seen 1`;
    const isRight = own.length === 1 && outcome.state === 'answered' && only?.result === expected;
    if (isRight && outcome.answer === expected) return [];
    return [
      `${agent} ${text.slice(0, 20)} ${id}: ${JSON.stringify({ ...outcome, own: own.map(({ result }) => result) })}`,
    ];
  });
  const known = new Set(asked.map(({ id }) => id));
  const strangers = [...answers.keys()].filter((id) => !known.has(id) && !id.includes('-b'));
  return [...broken, ...wrong, ...strangers.map((id) => `${agent} answered ${id}, which nobody has asked`)];
}

/** Files under the home in which one of the texts stands. */
export function filesWith(folder: string, texts: readonly string[]): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      const bytes = readFileSync(path);
      return texts.some((text) => bytes.includes(text));
    });
}
