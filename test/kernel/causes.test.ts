import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CAUSE_OF, CAUSES, isLimit, type Cause } from '../../src/kernel/causes.ts';
import { causeOfExit } from '../../src/kernel/lifecycle.ts';

/** As DESIGN section 6 lists them. */
const LISTED =
  `clean crash signal oom spawn-failed start-timeout hang-in-turn hang-after-result auth-session auth-window auth-credential auth-transient throttled
  capped overloaded server network billing account config model session-unusable transcript-poisoned message-failed leftovers operator idle-wake memory unknown`.split(
    /\s+/,
  );

const rows = Object.entries(CAUSES) as [Cause, (typeof CAUSES)[Cause]][];

describe('the table of causes', () => {
  test('has one row for each cause, in the order of the design', () => {
    expect(rows.map(([cause]) => cause)).toEqual(LISTED);
  });

  test('has a row for every word of the type', () => {
    const source = readFileSync(new URL('../../src/kernel/causes.ts', import.meta.url), 'utf8');
    const union = source.slice(source.indexOf('export type Cause ='), source.indexOf('export type Scope'));
    expect([...union.matchAll(/'([a-z-]+)'/g)].map(([, word]) => word)).toEqual(LISTED);
  });

  test('tells the operator something of every cause, each something else', () => {
    const told = rows.map(([, row]) => row.told);
    expect(told.every((text) => /^[A-Za-z].*\.$/.test(text))).toBe(true);
    expect(new Set(told).size).toBe(rows.length);
  });

  test('is shown as a whole by the transcripts: each cause is recorded in one of them', () => {
    const folder = new URL('./scenarios/', import.meta.url);
    const texts = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'));
    const recorded = (cause: Cause): boolean =>
      texts.some((text) => text.split('\n').some((line) => / record +/.test(line) && line.includes(`[${cause}]`)));
    expect(rows.map(([cause]) => cause).filter((cause) => !recorded(cause))).toEqual([]);
  });

  test('restarts only where a new process can help', () => {
    const restarting = rows.filter(([, { action }]) => action === 'restart').map(([cause]) => cause);
    expect(restarting).toEqual([
      'hang-in-turn',
      'hang-after-result',
      'auth-session',
      'auth-window',
      'idle-wake',
      'memory',
    ]);
  });

  test('restarts for no limit of the API, and holds what only a person can mend', () => {
    expect(rows.filter(([cause]) => isLimit(cause)).map(([cause]) => cause)).toEqual([
      'auth-transient',
      'throttled',
      'capped',
      'overloaded',
      'server',
      'network',
    ]);
    expect(rows.filter(([, { action }]) => action === 'hold').map(([cause]) => cause)).toEqual([
      'auth-credential',
      'billing',
      'account',
      'config',
      'model',
    ]);
  });

  test('never makes auth of what is unknown', () => {
    expect(CAUSE_OF.unknown).toBe('unknown');
    expect(CAUSES.unknown).toMatchObject({ action: 'none', health: null });
  });
});

describe('the cause of an exit', () => {
  test.each([
    [0, null, 'clean'],
    [1, null, 'crash'],
    [137, null, 'signal'],
    [143, null, 'signal'],
    [137, 'oom', 'oom'],
    [1, 'session-missing', 'session-unusable'],
    [1, 'session-in-use', 'session-unusable'],
    [1, 'input-broken', 'crash'],
    [null, null, 'unknown'],
  ] as const)('code %s, hint %s is %s', (code, hint, cause) => {
    expect(causeOfExit(code, hint)).toBe(cause);
  });
});
