import { describe, expect, test } from 'vitest';
import type { Attempt, Incident } from '../../src/kernel/trouble.ts';
import { wall } from '../../src/kernel/moment.ts';
import { AgentvisorError } from '../../src/protocol/errors.ts';
import { outagesOf } from '../../src/simulate/past.ts';
import { fleetOfRecord, recordedScene } from '../../src/simulate/scene.ts';
import { parseTrace } from '../../src/simulate/trace-file.ts';
import { BEGIN, attempt, gate, incident } from '../cli/incident.ts';

/** Outages that were recorded: in a trace file, or as the incidents of a home. */

const MINUTE = 60_000;
const LINE = '{"kind":"window","from":"2026-03-01T06:30:00Z","until":"2026-03-01T06:33:00Z"}';

function refusalOf(text: string): { readonly message: string; readonly nextStep: string } {
  try {
    parseTrace(text, 'outages.ndjson');
  } catch (error) {
    if (error instanceof AgentvisorError && error.code === 'usage') return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('a trace file', () => {
  test('is read with times in ISO 8601 or in ms, blank lines between, in any order', () => {
    const from = Date.UTC(2026, 2, 1, 6);
    const other = JSON.stringify({
      kind: 'throttle',
      from,
      until: from + 1_000,
      credential: 'max',
      agent: 'ada',
      tier: 'opus',
    });
    const shifted = '{"kind":"window","from":"2026-03-01T08:30:00.500+02:00","until":"2026-03-01T09:00+02:00"}';
    expect(parseTrace(`${LINE}\n\n${other}\n${shifted}\n`, 'it')).toEqual([
      { kind: 'throttle', from, until: from + 1_000, credential: 'max', agent: 'ada', tier: 'opus' },
      {
        kind: 'window',
        from: from + 30 * MINUTE,
        until: from + 33 * MINUTE,
        credential: null,
        agent: null,
        tier: null,
      },
      {
        kind: 'window',
        from: from + 30 * MINUTE + 500,
        until: from + 60 * MINUTE,
        credential: null,
        agent: null,
        tier: null,
      },
    ]);
  });

  const changed = (change: Record<string, unknown>): string =>
    JSON.stringify({ ...(JSON.parse(LINE) as object), ...change });

  test.each([
    ['{"kind":', 'expected one JSON object, found {"kind":.'],
    ['[1]', 'expected one JSON object, found [1].'],
    ['null', 'expected one JSON object, found null.'],
    [changed({ kind: 'outage' }), 'expected "kind" to be "window" or "throttle", found outage.'],
    [changed({ kind: undefined }), 'expected "kind" to be "window" or "throttle", found nothing.'],
    [
      changed({ from: 'yesterday' }),
      'expected "from" to be a time, such as "2026-03-01T06:30:00Z" or ms since 1970, found yesterday.',
    ],
    [changed({ from: '2026-03-01T06:30:00' }), 'ms since 1970, found 2026-03-01T06:30:00.'],
    [changed({ until: -1 }), 'expected "until" to be a time'],
    [changed({ until: undefined }), 'ms since 1970, found nothing.'],
    [
      changed({ until: '2026-03-01T06:30:00Z' }),
      'expected "until" to be later than "from", found 2026-03-01T06:30:00Z.',
    ],
    [changed({ agent: 7 }), 'expected "agent" to be a name, found 7.'],
    [changed({ credential: '' }), 'expected "credential" to be a name, found .'],
    [changed({ tier: 'opus' }), 'expected a "tier" on throttles only, found opus.'],
    [changed({ til: 1 }), 'expected only kind, from, until, credential, agent, tier, found til.'],
  ])('that holds %s is refused with the line, what was expected and what was found', (line, said) => {
    const { message, nextStep } = refusalOf(`${LINE}\n\n${line}\n`);
    expect(message).toContain('outages.ndjson, line 3: ');
    expect(message).toContain(said);
    expect(nextStep).toContain(LINE);
  });

  test('that is empty, endless or spread over years is refused', () => {
    expect(refusalOf('\n').message).toBe('outages.ndjson holds no outage.');
    expect(refusalOf(`${LINE}\n`.repeat(100_001)).message).toBe('outages.ndjson has more than 100000 lines.');
    expect(refusalOf(`${LINE}\n${changed({ from: 1, until: 2 })}`).message).toContain(
      'reaches over more than 366 days',
    );
    expect(refusalOf('x'.repeat(1_000)).message.length).toBeLessThan(200);
  });
});

const at = (outcome: Attempt['outcome'], ms: number): Attempt => ({ ...attempt(outcome), at: wall(BEGIN + ms) });
const closed = (change: Partial<Incident>): Incident =>
  incident({
    id: 'i1',
    cause: 'auth-window',
    scope: 'window',
    key: 'max',
    closedAt: wall(BEGIN + 9 * MINUTE),
    ...change,
  });

describe('the incidents of a home', () => {
  test('are windows that ended between the last attempt that failed and the one that was answered', () => {
    const attempts = [
      at('failed', 0),
      at('failed', 2 * MINUTE),
      at('recovered', 4 * MINUTE),
      at('recovered', 5 * MINUTE),
    ];
    expect(outagesOf([closed({ attempts, gates: { max: gate(3) } })])).toEqual([
      { kind: 'window', from: BEGIN, until: BEGIN + 3 * MINUTE, credential: 'max', agent: null, tier: null },
    ]);
  });

  test('without an attempt that was answered ended by their close', () => {
    const [outage] = outagesOf([closed({ attempts: [at('failed', MINUTE), at('unproven', 2 * MINUTE)] })]);
    expect(outage?.until).toBe(BEGIN + 5 * MINUTE);
  });

  test('of one session belong to its agent, those of several credentials to all', () => {
    const session = closed({ id: 'i2', scope: 'session', key: 'ada', cause: 'auth-session', gates: { max: gate(1) } });
    const upstream = closed({ id: 'i3', scope: 'upstream', key: 'upstream', gates: { key: gate(1), max: gate(1) } });
    expect(outagesOf([session, upstream]).map(({ agent, credential }) => [agent, credential])).toEqual([
      ['ada', 'max'],
      [null, null],
    ]);
  });

  test('are throttles of a family of models', () => {
    const throttle = closed({ scope: 'tier', key: 'max opus', cause: 'throttled', gates: { max: gate(0) } });
    expect(outagesOf([throttle])).toEqual([
      { kind: 'throttle', from: BEGIN, until: BEGIN + 9 * MINUTE, credential: 'max', agent: null, tier: 'opus' },
    ]);
  });

  test('are no outages when they are open, part of another one, or of another cause', () => {
    const others = [closed({ closedAt: null }), closed({ mergedInto: 'i9' }), closed({ cause: 'billing' })];
    expect(outagesOf(others)).toEqual([]);
  });
});

describe('the agents of a record', () => {
  const record = parseTrace(
    [
      '{"kind":"window","from":0,"until":60000,"credential":"max","agent":"ada"}',
      '{"kind":"window","from":90000,"until":120000,"agent":"bob"}',
      '{"kind":"window","from":86400000,"until":86460000,"credential":"key"}',
    ].join('\n'),
    'it',
  ).map((outage) => ({ ...outage, from: outage.from + BEGIN, until: outage.until + BEGIN }));
  const credentialsOf = (count: number): readonly unknown[] =>
    fleetOfRecord(record, count).agents.map(({ name, credentials }) => [name, credentials[0]]);

  test('are those that it names, on their credentials, and others up to the number that was asked for', () => {
    expect(credentialsOf(4)).toEqual([
      ['ada', 'max'],
      ['bob', 'max'],
      ['agent-1', 'key'],
      ['agent-2', 'max'],
    ]);
    expect(credentialsOf(1)).toEqual([
      ['ada', 'max'],
      ['bob', 'max'],
    ]);
  });

  test('are on one credential when it names none', () => {
    const plain = record.map((outage) => ({ ...outage, credential: null, agent: null }));
    expect(new Set(fleetOfRecord(plain, 3).agents.map(({ credentials }) => credentials[0])).size).toBe(1);
  });

  test('work from an hour before the first outage to an hour behind the last of the days that were asked for', () => {
    const fleet = fleetOfRecord(record, 2);
    expect(recordedScene(fleet, record, null, 1)).toMatchObject({ from: BEGIN - 60 * MINUTE });
    const oneDay = recordedScene(fleet, record, 1, 1);
    expect(oneDay.outages).toHaveLength(2);
    expect(oneDay.until).toBe(BEGIN + 62 * MINUTE);
    expect(recordedScene(fleet, record, 2, 1).outages).toHaveLength(3);
  });
});
