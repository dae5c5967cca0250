import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { linesForwards } from '../../src/logs/log-stream.ts';
import { linesBackwards, wholeLinesEnd } from '../../src/logs/tail.ts';
import { pieceFile } from '../../src/home/log-pieces.ts';
import { RUN_FILES, runFolder } from '../../src/home/paths.ts';
import { temporaryFolder } from './folder.ts';
import { runCli } from './run-cli.ts';

type Parts = { readonly live: string; readonly pieces: Readonly<Record<number, string>>; readonly ended?: boolean };

/** The home of an agent with one run, whose stdout lies in parts. */
function homeWith({ live, pieces, ended = false }: Parts): { readonly home: string; readonly stdout: string } {
  const home = temporaryFolder();
  const folder = runFolder(home, 'reviewer', '000001');
  mkdirSync(folder, { recursive: true });
  const stdout = join(folder, RUN_FILES.stdout);
  writeFileSync(stdout, live);
  for (const [base, text] of Object.entries(pieces)) writeFileSync(pieceFile(stdout, Number(base)), text);
  if (ended) writeFileSync(join(folder, RUN_FILES.exit), '{"code":0}\n');
  return { home, stdout };
}

async function bothWays(stdout: string): Promise<readonly string[]> {
  const forwards: string[] = [];
  for await (const line of linesForwards(stdout)) forwards.push(String(line));
  const backwards = [...linesBackwards(stdout, undefined, 3)].map(String).toReversed();
  expect(backwards).toEqual(forwards);
  return forwards;
}

const GONE = (bytes: number): string => `(agentvisor: ${bytes} bytes that stood here were dropped)`;

test('the lines of a log in parts are the same as of one file, also where a part ends in the midst of a line', async () => {
  const { stdout } = homeWith({ live: 'ee\n\nfour\n', pieces: { 0: 'one\ntw', 6: 'o\nthr' } });
  expect(await bothWays(stdout)).toEqual(['one', 'two', 'three', '', 'four']);
  expect(wholeLinesEnd(stdout)).toBe(11 + 9);
});

test('where parts were dropped that is shown, and no line is glued together over the gap', async () => {
  const { stdout } = homeWith({ live: 'six\n', pieces: { 10: 'three\nfo', 40: 'five\n', 60: '' } });
  expect(await bothWays(stdout)).toEqual([GONE(10), 'three', 'fo', GONE(22), 'five', GONE(15), 'six']);
  expect(await bothWays(homeWith({ live: '', pieces: { 7: '' } }).stdout)).toEqual([GONE(7)]);
  expect(wholeLinesEnd(homeWith({ live: 'half', pieces: { 7: '' } }).stdout)).toBe(7);
});

test('half a line is marked at the end of a run that is over, whichever way it is read', async () => {
  const mark = '(agentvisor: this line is truncated: the run ended after 4 bytes of it)';
  expect(await bothWays(homeWith({ live: 'one\nhalf', pieces: {}, ended: true }).stdout)).toEqual([
    'one',
    'half',
    mark,
  ]);
  expect(await bothWays(homeWith({ live: 'lf', pieces: { 0: 'ha' }, ended: true }).stdout)).toEqual(['half', mark]);
  expect(await bothWays(homeWith({ live: 'one\nhalf', pieces: {} }).stdout)).toEqual(['one', 'half']);
  expect(await bothWays(homeWith({ live: '', pieces: {}, ended: true }).stdout)).toEqual([]);
});

test('what agentvisor says of a log is no line of it: people see it, a program gets it apart', async () => {
  const { home } = homeWith({ live: 'two\n', pieces: { 4: '' } });
  const logs = (...options: string[]): ReturnType<typeof runCli> => runCli(['logs', 'reviewer', ...options], { home });
  expect((await logs()).stdout).toContain(GONE(4));
  expect(await logs('--raw')).toMatchObject({ stdout: 'two\n', stderr: `${GONE(4)}\n` });
  expect(JSON.parse((await logs('--json')).stdout)).toEqual([
    { run: '000001', stream: 'note', line: GONE(4) },
    { run: '000001', stream: 'stdout', line: 'two' },
  ]);
});

test('a part that was written and whose file was not emptied yet is not shown twice', async () => {
  const { stdout } = homeWith({ live: 'one\ntwo\n', pieces: {} });
  writeFileSync(`${pieceFile(stdout, 0)}.part`, 'one\ntwo\n');
  expect(await bothWays(stdout)).toEqual(['one', 'two']);
  truncateSync(stdout);
  expect(await bothWays(stdout)).toEqual(['one', 'two']);
});
