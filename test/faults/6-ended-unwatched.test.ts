import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { HistoryRow } from '../../src/protocol/rows.ts';
import { bearersUnder } from '../box.ts';
import { foregroundDaemon } from '../daemon/foreground.ts';
import { STAND_IN } from '../daemon/stand-in-box.ts';
import { faultBox, type FaultBox } from './fault-box.ts';
import { expectsPassRule } from './pass-rule.ts';

/** Fault 6: an agent ends while no daemon runs. */

/** Both are asked, hang until `go` is there, answer, and end with 7: whether a daemon looks or not. */
const ENDS_AT_GO = {
  faults: [
    { when: { untilFile: 'go' }, do: { api: 'hang' as const } },
    { do: { exit: { at: 'result' as const, code: 7 } } },
  ],
};
/** So long is nobody there that what is counted from another moment would be seen. */
const GONE_MS = 4_000;
/** Between the daemon's clocks, a file's time and whole milliseconds. */
const SLACK_MS = 100;

const exitOf = (own: FaultBox, name: string, run: string): string =>
  join(own.home, 'agents', name, 'runs', run, 'exit.json');

async function historyOf(own: FaultBox, name: string): Promise<readonly HistoryRow[]> {
  return JSON.parse(await own.ok('history', name, '--json')) as HistoryRow[];
}

test('an agent that ended with 7 while no daemon ran: the next one reads the code, and its delay counts from that end', async () => {
  const own = faultBox([]);
  own.write({
    defaults: {
      claude: { bin: STAND_IN },
      env: { STAND_IN_SCRIPT: join(own.dir, 'script.json') },
      auth: { quiet: { jitter: 0 } },
    },
    agents: [
      { name: 'ada', cwd: './ada', restart: { delayMin: '1h', delayMax: '1h' } },
      { name: 'bob', cwd: './bob', restart: { delayMin: '1s', delayMax: '1s' } },
    ],
  });
  own.setScript(ENDS_AT_GO);
  const daemon = await foregroundDaemon(own);
  await own.ok('start');
  for (const name of ['ada', 'bob']) {
    await own.ok('send', name, 'hello');
    await own.until(name, ({ inTurn }) => inTurn);
    await expect.poll(() => own.stdout(name).some((line) => line.includes('"init"')), { timeout: 10_000 }).toBe(true);
  }
  const runs = (await own.rows()).map(({ name, run }) => ({ name, run: run ?? '' }));
  await daemon.killed();
  writeFileSync(join(own.dir, 'go'), '');
  for (const { name } of runs)
    await expect.poll(() => bearersUnder(join(own.home, 'agents', name)), { timeout: 10_000 }).toEqual([]);
  const ends = runs.map(({ name, run }) => {
    expect(readFileSync(exitOf(own, name, run), 'utf8')).toBe('{"code":7}\n');
    return statSync(exitOf(own, name, run)).mtimeMs;
  });
  await expect.poll(() => Date.now() - Math.max(...ends), { timeout: 10_000 }).toBeGreaterThan(GONE_MS);

  await foregroundDaemon(own);
  const ada = await own.until('ada', ({ state }) => state === 'waiting');
  expect(ada).toMatchObject({ restarts: 0, pid: null });
  const bob = await own.until('bob', ({ state }) => state === 'running');
  expect(bob.restarts).toBe(1);
  const [adas, bobs] = [await historyOf(own, 'ada'), await historyOf(own, 'bob')];
  for (const history of [adas, bobs]) {
    const exit = history.find(({ event }) => event === 'exited');
    expect(exit).toMatchObject({ cause: 'crash', detail: expect.stringMatching(/^exit code 7/) as string });
  }
  // The hour began when it ended, not when that was seen.
  const wait = adas.findLast(({ event }) => event === 'waiting');
  const [, delay = ''] = /next start in (\d+) ms$/.exec(wait?.detail ?? '') ?? [];
  const due = Date.parse(wait?.at ?? '') + Number(delay);
  const late = due - ((ends[0] ?? 0) + 3_600_000);
  expect(late).toBeGreaterThan(-SLACK_MS);
  expect(late).toBeLessThan(GONE_MS);
  expect(Math.abs(Date.parse(ada.nextAttemptAt ?? '') - due)).toBeLessThan(SLACK_MS);
  // The second was over before anybody looked.
  expect(bobs.findLast(({ event }) => event === 'waiting')?.detail).toMatch(/next start in 0 ms$/);
  // Both had answered before they ended, and nobody had heard it.
  for (const { name } of runs) {
    const results = own.stdout(name).filter((line) => (JSON.parse(line) as { type: string }).type === 'result');
    expect(results).toHaveLength(1);
  }
  await expectsPassRule(own);
}, 60_000);
