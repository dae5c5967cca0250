import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { CAUSES, type Cause } from '../../src/kernel/causes.ts';
import type { HistoryRow, IncidentRow } from '../../src/protocol/rows.ts';
import { clean } from '../../src/tui/clean.ts';
import { lineWidth, plainText, type Line, type Size } from '../../src/tui/line.ts';
import type { AgentView, IncidentsView, IncidentView, Model } from '../../src/tui/model.ts';
import { agentKind, agentView } from '../../src/tui/views/agent.ts';
import { incidentKind, incidentView } from '../../src/tui/views/incident.ts';
import { incidentsKind, incidentsView } from '../../src/tui/views/incidents.ts';
import { agentRow } from '../cli/rows.ts';
import {
  activity,
  ASCII,
  boardAgent,
  COLOURED,
  credential,
  description,
  explanation,
  fleetOf,
  modelOf,
  NOW,
  openIncident,
  PLAIN,
  spec,
} from './models.ts';

/** A face, what joins two of them, an accent that stands on the letter before. */
const MARKS = ['\u{1f600}', '\u{1f468}', '\u200d', '\u{1f469}', '\u0301', '\u{1f1e9}', '\ufe0f'];

/** Whatever an agent may have written, as far as `clean` lets it through. */
const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 90 }),
    fc.string({ maxLength: 300 }),
    fc.string({ unit: fc.constantFrom('日', '本', 'あ', '가', 'e', ' ', '\n', ...MARKS), maxLength: 80 }),
    fc.constantFrom('', '\n', 'one\ntwo', '日本語のエラー'.repeat(20)),
  )
  .map(clean);
const name = fc.oneof(fc.constantFrom('ada', 'bob'), fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/));
const at = fc.integer({ min: -3 * 86_400_000, max: 3_600_000 }).map((ms) => new Date(NOW + ms).toISOString());
const cause = fc.constantFrom(...(Object.keys(CAUSES) as Cause[]));
const maybe = <T>(what: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(what, { nil: null });

const EVENTS =
  'declared starting ready adopted stopping exited stopped waiting errored leftovers restarting turn-failed message-failed incident-opened attempt attempt-failed recovered incident-closed held stalled released paused resumed reset rotation fallback session-changed deleted'.split(
    ' ',
  );

const history: fc.Arbitrary<readonly HistoryRow[]> = fc.array(
  fc.record({
    at,
    run: maybe(fc.constantFrom('000001', '000002', '000003')),
    event: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...EVENTS) }, { weight: 1, arbitrary: text }),
    cause: maybe(cause),
    detail: fc.oneof(text, fc.constantFrom('attempt 2 in i7', 'answered msg_1 after 2 attempt(s), 43.2 s')),
  }),
  { maxLength: 40 },
);

const receipt = fc.record({
  agent: name,
  failedRequestId: maybe(text),
  attempts: fc.nat(),
  messageId: maybe(text),
  at,
  downMs: fc.nat(),
});

const incident: fc.Arbitrary<IncidentRow> = fc
  .record({
    id: fc.constantFrom('i1', 'i7', 'i123456'),
    key: text,
    cause,
    openedAt: at,
    closedAt: maybe(at),
    mergedInto: maybe(fc.constant('i9')),
    agents: fc.array(name, { maxLength: 6 }),
    evidence: fc.array(text, { maxLength: 5 }),
    attempts: fc.array(
      fc.record({ agent: name, at, run: maybe(fc.constant('000002')), canary: fc.boolean(), outcome: text }),
      { maxLength: 5 },
    ),
    firstRequestId: maybe(text),
    recoveries: fc.array(receipt, { maxLength: 3 }),
  })
  .map((row) => openIncident({ ...row, receipt: row.recoveries[0] ?? null }));

const agent = fc
  .record({
    row: fc.record({
      name,
      sessionId: maybe(text),
      model: maybe(text),
      nextAttemptAt: maybe(at),
      incident: maybe(fc.constantFrom('i1', 'i7')),
    }),
    is: text,
    why: text,
    next: text,
    todo: text,
    fallback: maybe(name),
  })
  .map(({ row, fallback, ...said }) => boardAgent(row, { fallback, explanation: explanation(said) }));

const credentialRow = fc
  .record({
    name,
    source: text,
    endsAt: maybe(at),
    agents: fc.array(name, { maxLength: 9 }),
    incidents: fc.array(name, { maxLength: 4 }),
  })
  .map(credential);

const model: fc.Arbitrary<Model> = fc
  .record({
    fleet: maybe(
      fc.record({
        agents: fc.array(agent, { maxLength: 4 }),
        incidents: fc.array(incident, { maxLength: 8 }),
        credentials: fc.array(credentialRow, { maxLength: 8 }),
      }),
    ),
    look: fc.constantFrom(PLAIN, ASCII, COLOURED),
    zoomed: fc.boolean(),
  })
  .map(({ fleet, ...rest }) => modelOf({ ...rest, fleet: fleet === null ? null : fleetOf(fleet) }));

const descriptions = fc
  .record({
    env: fc.dictionary(fc.stringMatching(/^[A-Z_]{1,90}$/), text, { maxKeys: 4 }),
    args: fc.array(text, { maxLength: 4 }),
    runFolder: maybe(text),
    activity: fc.array(fc.record({ at, good: fc.nat(), failed: fc.nat(), restarts: fc.nat() }).map(activity), {
      maxLength: 9,
    }),
    messages: fc.array(fc.record({ id: text, state: text, queuedAt: at, cause: maybe(cause) }), { maxLength: 3 }),
  })
  .map(({ env, args, ...rest }) =>
    description({
      ...rest,
      agent: agentRow({ name: 'ada' }),
      spec: spec({ env, claude: { bin: 'claude', model: null, args, resume: true } }),
    }),
  );

const top = fc.oneof(fc.nat(60), fc.constant(Number.MAX_SAFE_INTEGER));
const agentViews: fc.Arbitrary<AgentView> = fc
  .record({ description: maybe(descriptions), history: maybe(history), top, dropped: fc.nat(3) })
  .map((view) => ({ ...agentView('ada'), ...view }));
const incidentsViews: fc.Arbitrary<IncidentsView> = fc
  .record({
    all: maybe(fc.array(incident, { maxLength: 30 })),
    selected: maybe(fc.constantFrom('i7', 'credential:ada', 'gone')),
  })
  .map((view) => ({ ...incidentsView(), ...view }));
const incidentViews: fc.Arbitrary<IncidentView> = top.map((line) => ({ ...incidentView('i7'), top: line }));

const size: fc.Arbitrary<Size> = fc.record({
  columns: fc.integer({ min: 60, max: 260 }),
  rows: fc.integer({ min: 4, max: 80 }),
});

function expectToFit(lines: readonly Line[], { columns, rows }: Size): void {
  expect(lines.length).toBeLessThanOrEqual(rows);
  for (const each of lines) {
    expect(lineWidth(each)).toBeLessThanOrEqual(columns);
    expect(stringWidth(plainText(each))).toBeLessThanOrEqual(columns);
    expect(plainText(each)).not.toContain('\n');
  }
}

describe('whatever its texts are, no line is wider than the screen and no line too many', () => {
  test('of an agent', () => {
    fc.assert(
      fc.property(model, agentViews, size, (screen, view, room) =>
        expectToFit(agentKind.lines(screen, view, room), room),
      ),
    );
  });

  test('of the incidents', () => {
    fc.assert(
      fc.property(model, incidentsViews, size, (screen, view, room) =>
        expectToFit(incidentsKind.lines({ ...screen, views: [screen.views[0], view] }, view, room), room),
      ),
    );
  });

  test('of one incident', () => {
    fc.assert(
      fc.property(model, incidentsViews, incidentViews, size, (screen, below, view, room) =>
        expectToFit(incidentKind.lines({ ...screen, views: [screen.views[0], below, view] }, view, room), room),
      ),
    );
  });
});

test('whatever is pressed, something is shown and nothing breaks', () => {
  const presses = fc.array(fc.nat(20), { maxLength: 12 });
  fc.assert(
    fc.property(model, agentViews, presses, (screen, view, keys) => {
      let now: Model = { ...screen, views: [screen.views[0], view] };
      for (const key of keys) {
        const shown = now.views.at(-1) as AgentView;
        now = agentKind.keymap[key % agentKind.keymap.length]?.press(now, shown).model ?? now;
      }
      const room = { columns: now.size.columns, rows: 20 };
      expect(agentKind.lines(now, now.views.at(-1) as AgentView, room).length).toBeGreaterThan(0);
    }),
    { numRuns: 50 },
  );
});

test('what stands in wide characters is as wide as what does not, so that columns stay under their heads', () => {
  const rows = ['日本語', 'plain'].map((key, index) =>
    openIncident({ id: `i${index}`, scope: 'window', key, agents: [key] }),
  );
  const screen = modelOf({ fleet: fleetOf({ incidents: rows }) });
  const lines = incidentsKind.lines(screen, incidentsView(), { columns: 120, rows: 12 }).map(plainText);
  const columnOf = (line: string, word: string): number => stringWidth(line.slice(0, line.indexOf(word)));
  const [, head = '', ...cells] = lines;
  const scopes = cells.filter((cell) => cell.includes('window ')).map((cell) => columnOf(cell, 'window '));
  expect(scopes).toEqual([columnOf(head, 'SCOPE'), columnOf(head, 'SCOPE')]);
});
