import { describe, expect, test } from 'vitest';
import type { HistoryRow } from '../../src/protocol/rows.ts';
import { timelineOf, type TimelineRow } from '../../src/tui/views/timeline.ts';
import { history, MINUTE, NOW } from './models.ts';
import { night } from './night.ts';
import { historyOf, incidentsOf } from './played.ts';

const brief = ({ what, cause, attempt, outcome, downMs }: TimelineRow): string =>
  [what, cause, attempt, outcome, downMs].filter((part) => part !== null && part !== '').join(' · ');

type Told = readonly [event: string, run: string | null, cause?: HistoryRow['cause'], detail?: string];

/** Rows a second apart. */
const told = (...rows: readonly Told[]): readonly HistoryRow[] =>
  rows.map(([event, run, cause, detail], index) =>
    history({
      at: new Date(NOW + index * 1_000).toISOString(),
      event,
      run,
      cause: cause ?? null,
      detail: detail ?? '',
    }),
  );

const rowsOf = (...rows: readonly Told[]): readonly string[] => timelineOf(told(...rows)).rows.map(brief);

/** Without what a change of the kernel's own timing would change. */
const roughly = (row: TimelineRow): string => brief({ ...row, downMs: null }).replace(/ in i\d+/, '');

test('a whole night of the kernel is one row for each process, and one for what needed none', () => {
  const { rows } = timelineOf(historyOf(night()));
  expect(rows.map(roughly)).toEqual([
    'start · ready',
    'restart · auth-session · 1 · failed',
    'restart · auth-window · 2 · failed',
    'restart · auth-window · 3 · failed',
    'restart · auth-window · 4 · recovered',
    'restart · signal · ready',
    'restart · signal · ready',
    'restart · operator · ready',
    'stop · operator · stopped',
    'start · ready',
    'answer · throttled · recovered',
    'restart · auth-session · 1 · failed',
    'restart · auth-window · 2 · failed',
  ]);
  const [first, , , , recovered] = rows;
  expect(first?.downMs).toBeNull();
  expect(recovered?.downMs).toBeGreaterThan(20 * MINUTE);
});

test('a recovery of a night tells its incident, the request that had failed, and the answer', () => {
  const [window, limit] = incidentsOf(night()).filter(({ agents }) => agents.includes('ada'));
  expect(timelineOf(historyOf(night())).recoveries).toMatchObject([
    { incident: window?.id, cause: 'auth-window', failedRequestId: 'req_1', attempts: 4, messageId: 'msg_ada_a1' },
    { incident: limit?.id, cause: 'throttled', attempts: 0, messageId: 'msg_ada_a4' },
  ]);
});

describe('a process', () => {
  test('that is not there yet is under way, and down since the last one ended', () => {
    const [row] = timelineOf(
      told(['exited', '000001', 'crash', 'exit code 1'], ['restarting', '000002', 'crash']),
    ).rows;
    expect(row).toMatchObject({ what: 'restart', outcome: 'under way', downMs: null, downSince: NOW, run: '000002' });
  });

  test('that ends before it listens was never ready', () => {
    expect(
      rowsOf(
        ['restarting', '000002', 'crash'],
        ['exited', '000002', 'crash', 'exit code 1'],
        ['waiting', '000002', 'crash', 'lived 1 s; next start in 1000 ms'],
      ),
    ).toEqual(['restart · crash · never ready', 'end · crash · waiting']);
  });

  test('that was never ready was down until the next one had to come', () => {
    const { rows } = timelineOf(
      told(
        ['exited', '000001', 'crash', 'exit code 1'],
        ['restarting', '000002', 'crash'],
        ['exited', '000002', 'crash', 'exit code 1'],
      ),
    );
    expect(rows.map(({ downMs, downSince }) => [downMs, downSince])).toEqual([
      [2_000, null],
      [null, NOW + 2_000],
    ]);
  });

  test('that was begun for an attempt must answer, and is unproven when another one takes its place', () => {
    const begin = [
      ['attempt', '000001', 'auth-session', 'attempt 1 in i7'],
      ['stopping', '000001', 'auth-session', 'i7'],
      ['exited', '000001', 'auth-session', 'exit code 143'],
      ['restarting', '000002', 'auth-session'],
      ['ready', '000002', null, 'credential from ENV'],
    ] as const;
    expect(rowsOf(...begin)).toEqual(['restart · auth-session · 1 in i7 · verifying · 2000']);
    expect(rowsOf(...begin, ['stopping', '000002', 'operator', 'by hand'])).toEqual([
      'restart · auth-session · 1 in i7 · unproven · 2000',
      'stopping · operator · under way',
    ]);
  });

  test('that crashed in its attempt has failed, though the next row has begun already', () => {
    expect(
      rowsOf(
        ['attempt', null, 'auth-window', 'attempt 1 in i7'],
        ['restarting', '000002', 'auth-window'],
        ['ready', '000002'],
        ['exited', '000002', 'crash', 'exit code 139'],
        ['attempt-failed', '000002', 'auth-window', 'the process ended before it had answered'],
        ['errored', '000002', 'crash', '10 crashes; tried again every 30 min'],
      ),
    ).toEqual(['restart · auth-window · 1 in i7 · failed', 'end · crash · errored']);
  });

  test('that is older than its trouble was not restarted for it', () => {
    expect(
      rowsOf(
        ['restarting', '000002', 'operator'],
        ['ready', '000002'],
        ['turn-failed', '000002', 'throttled', '429 (request req_1): slow down'],
        ['recovered', '000002', 'throttled', 'answered msg_1 after 0 attempt(s), 0.5 s'],
      ),
    ).toEqual(['restart · operator · ready', 'answer · throttled · recovered · 500']);
  });

  test('that is given a fresh conversation says so in its own row; else that is a row of its own', () => {
    const { rows } = timelineOf(
      told(
        ['exited', '000001', 'session-unusable', 'exit code 1'],
        ['session-changed', '000001', 'session-unusable', 'forking it'],
        ['restarting', '000002', 'session-unusable'],
        ['ready', '000002'],
        ['session-changed', '000002', 'session-unusable', 'the place to resume at is lost'],
      ),
    );
    expect(rows.map(({ what, detail }) => [what, detail])).toEqual([
      ['restart', 'exit code 1; forking it'],
      ['session', 'the place to resume at is lost'],
    ]);
  });
});

test('how a process ends that was told to is no news, why it was told is', () => {
  const { rows } = timelineOf(
    told(
      ['stalled', '000001', 'hang-in-turn', 'silent for 600 s'],
      ['stopping', '000001', 'hang-in-turn', 'silent'],
      ['exited', '000001', 'hang-in-turn', 'exit code 137'],
      ['restarting', '000002', 'hang-in-turn'],
    ),
  );
  expect(rows.map(({ detail }) => detail)).toEqual(['silent; silent for 600 s']);
});

test('what a later version writes is left out, and no name of an event is a trap', () => {
  expect(rowsOf(['teleported', '000001'], ['__proto__', null], ['constructor', null], ['adopted', '000001'])).toEqual([
    'adopted',
  ]);
});

test('what explains the rows around it has a row of its own', () => {
  expect(rowsOf(['held', '000001', 'billing', 'The account has no money.'], ['resumed', '000001', 'operator'])).toEqual(
    ['held · billing', 'resumed · operator'],
  );
});
