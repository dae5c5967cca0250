import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Health } from '../../src/kernel/causes.ts';
import { ansi } from '../../src/tui/ansi.ts';
import { frame } from '../../src/tui/frame.ts';
import { lineWidth, plainText, type Size } from '../../src/tui/line.ts';
import type { Model } from '../../src/tui/model.ts';
import { update } from '../../src/tui/update.ts';
import { agentRow } from '../cli/rows.ts';
import {
  ago,
  ASCII,
  boardAgent,
  COLOURED,
  credential,
  explanation,
  fleetOf,
  HOUR,
  MINUTE,
  modelOf,
  NOW,
  openIncident,
  SECOND,
  SIZES,
  textsOf,
} from './models.ts';

const HEALTHS: readonly Health[] = [
  'unknown',
  'healthy',
  'suspect',
  'wedged',
  'quiet',
  'verifying',
  'throttled',
  'capped',
  'held',
  'stalled',
];

const shown = (model: Model): readonly string[] => textsOf(frame(model));
const at = (columns: number, rows = 40): { readonly size: Size } => ({ size: { columns, rows } });

/** A night in which much went wrong. */
const night = fleetOf({
  agents: [
    boardAgent(
      { id: 1, name: 'ada', lastGoodTurnAt: ago(12 * SECOND), credential: { name: 'max', fingerprint: '0123abcd' } },
      { turnStartedAt: ago(90 * SECOND) },
    ),
    boardAgent(
      {
        id: 2,
        name: 'bob',
        health: 'quiet',
        incident: 'i7',
        nextAttemptAt: ago(-84 * SECOND),
        lastGoodTurnAt: ago(40 * MINUTE),
        queued: 2,
        restarts: 3,
        restartsByCause: { 'auth-window': 2, crash: 1 },
        auth401s: 5,
        credential: { name: 'max', fingerprint: '0123abcd' },
      },
      {
        explanation: explanation({
          name: 'bob',
          is: 'bob is up and quiet: it waits for an attempt.',
          why: 'New processes are rejected, too. Evidence (i7): bob: 401.',
          next: 'The next attempt on this credential is at 2026-11-20T12:01:24.000Z.',
          todo: 'To try now: agentvisor restart bob',
        }),
      },
    ),
    boardAgent({
      id: 3,
      name: 'cleo',
      health: 'capped',
      incident: 'i8',
      nextAttemptAt: ago(-5 * HOUR),
      lastGoodTurnAt: ago(2 * HOUR),
    }),
    boardAgent(
      {
        id: 4,
        name: 'dan',
        state: 'errored',
        health: 'unknown',
        lastGoodTurnAt: ago(9 * HOUR),
        nextAttemptAt: ago(-20 * MINUTE),
      },
      {
        explanation: explanation({
          name: 'dan',
          why: 'It crashed too often.',
          todo: 'What it printed: agentvisor logs dan',
        }),
      },
    ),
    boardAgent({
      id: 5,
      name: 'worker',
      mode: 'command',
      state: 'running',
      health: 'unknown',
      credential: null,
      cpu: 3.4,
      rss: 40 * 2 ** 20,
    }),
    boardAgent({ id: 6, name: 'old', state: 'stopped', desired: 'down', health: 'unknown' }),
  ],
  incidents: [openIncident({ id: 'i7', cause: 'auth-window', scope: 'window', key: 'max', agents: ['bob', 'ada'] })],
  credentials: [credential({ name: 'max', verdict: 'window' })],
});

describe('the first screen', () => {
  test.each(SIZES)(
    'of $columns columns tells who works, since when, who is stuck, and when the next attempt comes',
    (size) => {
      const text = shown(modelOf({ fleet: night, size })).join('\n');
      for (const name of ['ada', 'bob', 'cleo', 'dan']) expect(text).toContain(name);
      for (const words of ['healthy', 'quiet', 'capped', 'errored', 'try 1:24', 'resets 17:00', 'start 20:00'])
        expect(text).toContain(words);
      expect(text).toContain('YOU: dan');
    },
  );

  test('puts those first whom a person must help, then those that are stuck, then those that work', () => {
    const rows = shown(modelOf({ fleet: night, ...at(120) })).flatMap(
      (line) => /^[> ] (ada|bob|cleo|dan|worker|old)\b/.exec(line)?.[1] ?? [],
    );
    expect(rows).toEqual(['dan', 'bob', 'cleo', 'ada', 'worker', 'old']);
  });

  test('says in one line who is how, the worst first', () => {
    const [first = ''] = shown(modelOf({ fleet: night, ...at(160) }));
    expect(first).toContain('6 agents: 1 errored 1 quiet 1 capped 1 healthy 1 up 1 stopped');
  });

  test('names the open incidents with the next attempt, and the credentials in trouble', () => {
    const [, second = ''] = shown(modelOf({ fleet: night, ...at(160) }));
    expect(second).toContain('1 open incident: auth-window on max (2 agents, next 1:24)');
    expect(second).toContain('credentials: max window');
  });

  test('says that there is nothing to do when there is nothing to do', () => {
    expect(shown(modelOf(at(120)))[2]).toBe(' nothing for you to do');
    const open = fleetOf({ incidents: [openIncident()] });
    expect(shown(modelOf({ fleet: open, ...at(120) }))[2]).toContain('agentvisor goes on by itself');
  });

  test('says which secret is dead, and what is degraded', () => {
    const dead = fleetOf({ credentials: [credential({ name: 'max', verdict: 'dead' })] });
    expect(shown(modelOf({ fleet: dead, ...at(120) }))[2]).toBe(
      ' YOU: replace the secret of max: agentvisor rotate max',
    );
  });

  test('says once what helps all who wait for the same secret, then who needs a person for another reason', () => {
    const onMax = { credential: { name: 'max', fingerprint: '0123abcd' } };
    const fleet = fleetOf({
      credentials: [credential({ name: 'max', verdict: 'dead' })],
      agents: [
        boardAgent(
          { id: 1, name: 'bob', health: 'held', ...onMax },
          { explanation: explanation({ todo: 'Replace it.' }) },
        ),
        boardAgent({ id: 2, name: 'cleo', health: 'held', ...onMax }),
        boardAgent(
          { id: 3, name: 'ada', state: 'errored' },
          { explanation: explanation({ todo: 'Read what it printed.' }) },
        ),
      ],
    });
    expect(shown(modelOf({ fleet, ...at(160) }))[2]).toBe(
      ' YOU: replace the secret of max (held: bob, cleo): agentvisor rotate max; then ada: Read what it printed.',
    );
  });

  test('explains the chosen agent in words and with local times', () => {
    const chosen = update(modelOf({ fleet: night, ...at(120) }), { type: 'key', key: 'j' }, NOW).model;
    const text = shown(chosen).join('\n');
    expect(text).toContain('bob is up and quiet: it waits for an attempt.');
    expect(text).toMatch(/why +New processes are rejected, too\./);
    expect(text).not.toContain('T12:01:24.000Z');
    expect(text).toMatch(/you +To try now: agentvisor restart bob/);
  });

  test('has the restarts by cause, the 401s, who shares a credential, turns, queues, and what processes use', () => {
    const text = shown(modelOf({ fleet: night, ...at(220) })).join('\n');
    for (const words of ['3: 2 auth-window, 1 crash', 'max 0123abcd ×5', '40M', '3%', '1m', ' 2 '])
      expect(text).toContain(words);
  });

  test('has what was paid, in brackets what a subscription would have cost, and the credential that is worked on', () => {
    const onMax = { credential: { name: 'max', fingerprint: '0123abcd' } };
    const agents = [
      boardAgent({ id: 1, name: 'paid', costUsd: 1.5, notionalUsd: 9, ...onMax }),
      boardAgent({ id: 2, name: 'free', notionalUsd: 2.25, ...onMax }, { fallback: 'spare' }),
    ];
    const text = shown(modelOf({ fleet: fleetOf({ agents }), ...at(220) })).join('\n');
    expect(text).toMatch(/paid .* max 0123abcd ×2 .* \$1\.50/);
    expect(text).toMatch(/free .* spare 0123abcd ×2 .* \(\$2\.25\) .*works on 'spare'/);
  });

  test('says why in few words where there is no room for a sentence, and the sentence behind them where there is', () => {
    const why = 'New processes are rejected too; attempts are spaced. Evidence (i7): bob: 401.';
    const stuck = boardAgent(
      { name: 'bob', health: 'quiet', incident: 'i7', lastGoodTurnAt: ago(MINUTE), nextAttemptAt: ago(-84 * SECOND) },
      { cause: 'auth-window', explanation: explanation({ why }) },
    );
    const fleet = fleetOf({ agents: [stuck] });
    const rowAt = (columns: number): string =>
      shown(modelOf({ fleet, ...at(columns, 12) })).find((line) => line.startsWith('> ')) ?? '';
    expect(rowAt(80)).toContain('all are rejected');
    expect(rowAt(160)).toContain('all are rejected: New processes are rejected too');
    expect(rowAt(160)).not.toContain('Evidence');
  });

  test('says away and not running in words', () => {
    expect(shown(modelOf({ link: { at: 'lost', since: NOW - 5_000, why: 'closed' } }))[0]).toContain(
      'DAEMON AWAY for 5s',
    );
    expect(shown(modelOf({ link: { at: 'offline', alive: 2 } }))[0]).toContain('DAEMON NOT RUNNING, 2 agents alive');
  });

  test('names the one cause of all restarts once, and their sum before several', () => {
    const restarted = (restarts: number, restartsByCause: Record<string, number>): string =>
      shown(modelOf({ fleet: fleetOf({ agents: [boardAgent({ restarts, restartsByCause })] }), ...at(160) })).join(
        '\n',
      );
    expect(restarted(2, { crash: 2 })).toMatch(/ 2 crash /);
    expect(restarted(2, { crash: 2 })).not.toContain('2: 2');
    expect(restarted(3, { crash: 2, memory: 1 })).toContain('3: 2 crash, 1 memory');
  });

  test('counts down by itself as time passes', () => {
    const model = modelOf({ fleet: night, ...at(120) });
    const later = update(model, { type: 'tick' }, NOW + 10_000).model;
    expect(shown(model).join('\n')).toContain('try 1:24');
    expect(shown(later).join('\n')).toContain('try 1:14');
  });

  test('of nobody says how to start somebody, and of a filter that nobody passes how to drop it', () => {
    expect(shown(modelOf({ fleet: fleetOf({ agents: [] }) })).join('\n')).toContain('agentvisor start FILE');
    const filtered = update(modelOf({ fleet: night }), { type: 'key', key: '/' }, NOW).model;
    const none = update(filtered, { type: 'key', key: 'zzz' }, NOW).model;
    expect(shown(none).join('\n')).toContain('None of 6 agents is with "zzz" in its row.');
  });

  test('on a screen that is too small says how large it must be', () => {
    expect(shown(modelOf(at(40, 8))).join('')).toContain('40x8 is too small: 60x12 is needed');
  });

  test('scrolls through two hundred agents, the chosen one always in sight', () => {
    const many = Array.from({ length: 200 }, (_, index) =>
      boardAgent({ id: index + 1, name: `agent-${String(index).padStart(3, '0')}` }),
    );
    let model = modelOf({ fleet: fleetOf({ agents: many }), ...at(100, 30) });
    for (let index = 0; index < 200; index += 1) {
      const chosen = shown(model).find((line) => line.startsWith('> '));
      expect(chosen).toContain(`agent-${String(index).padStart(3, '0')}`);
      model = update(model, { type: 'key', key: 'j' }, NOW).model;
    }
  });
});

describe('what is typed and answered', () => {
  const typing = (...keys: readonly string[]): Model =>
    keys.reduce(
      (model, key) => update(model, { type: 'key', key }, NOW).model,
      modelOf({ fleet: night, ...at(80, 24) }),
    );

  test('stands in the line above the keys', () => {
    expect(shown(typing(':', 's', 't')).at(-2)).toBe(' :st▏');
    expect(shown(typing(':', 's', 't')).at(-1)).toBe(' Tab start  stop');
    expect(shown(typing('j', 'm', 'h', 'i')).at(-2)).toBe(' to bob: hi▏');
    expect(shown(typing('X')).at(-2)).toContain('Delete dan');
    expect(shown(typing('r')).at(-2)).toBe(' restart dan is under way');
  });

  test('that is longer than the line shows the part around the cursor', () => {
    const long = 'x'.repeat(200);
    const model = update(typing('m'), { type: 'pasted', text: `${long}END` }, NOW).model;
    expect(shown(model).at(-2)).toMatch(/x+END▏$/);
    expect(plainText(frame(model).at(-2) ?? []).length).toBeLessThanOrEqual(80);
  });

  test('the keys that stand below are those that can be pressed now', () => {
    expect(shown(typing()).at(-1)).toContain('? help');
    expect(shown(typing('i')).at(-1)).toMatch(/^ Esc back/);
    expect(shown({ ...typing(), readonly: true }).at(-1)).not.toMatch(/restart|stop|message/);
  });
});

describe('every frame', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.constantFrom('日本語の名前', 'é'.repeat(30), '👩‍👩‍👧‍👦 family', 'x'.repeat(300)),
  );
  const time = fc.integer({ min: -40 * 24 * HOUR, max: 40 * 24 * HOUR }).map(ago);
  const row = fc.record({
    name: text,
    namespace: text,
    state: fc.constantFrom('stopped', 'starting', 'running', 'stopping', 'waiting', 'errored'),
    health: fc.constantFrom(...HEALTHS),
    paused: fc.boolean(),
    since: time,
    lastGoodTurnAt: fc.option(time),
    nextAttemptAt: fc.option(time),
    restarts: fc.nat(),
    restartsByCause: fc.constant({ 'auth-session': 1_000_000, crash: 2 }),
    auth401s: fc.nat(),
    queued: fc.nat(),
    cpu: fc.option(fc.double({ min: 0, max: 6_400, noNaN: true })),
    rss: fc.option(fc.nat()),
    costUsd: fc.double({ min: 0, max: 1e6, noNaN: true }),
    credential: fc.option(fc.record({ name: text, fingerprint: fc.option(text) })),
  });
  const fleet = fc.array(fc.tuple(row, text, text), { maxLength: 30 }).map((rows) =>
    fleetOf({
      agents: rows.map(([each, why, todo], index) =>
        boardAgent({ ...agentRow(each), id: index }, { explanation: explanation({ why, todo, is: why, next: todo }) }),
      ),
      incidents: rows
        .slice(0, 3)
        .map(([{ name }], index) => openIncident({ id: `i${index}`, key: name, agents: [name] })),
    }),
  );
  const size = fc.record({ columns: fc.integer({ min: 1, max: 260 }), rows: fc.integer({ min: 2, max: 80 }) });
  const keys = fc.array(
    fc.constantFrom(
      'j',
      'k',
      'G',
      'o',
      'O',
      'n',
      'z',
      '/',
      'b',
      ':',
      's',
      'tab',
      'enter',
      'esc',
      'X',
      '?',
      'pgdn',
      'm',
      'i',
      'l',
      ' ',
    ),
    { maxLength: 12 },
  );

  test('has as many lines as the screen has rows, none wider than it has columns, whatever is shown and pressed', () => {
    fc.assert(
      fc.property(fleet, size, keys, fc.constantFrom(COLOURED, ASCII), (agents, screen, pressed, look) => {
        let model = modelOf({ fleet: agents, size: screen, look });
        for (const key of pressed) model = update(model, { type: 'key', key }, NOW).model;
        const lines = frame(model);
        if (screen.columns >= 60 && screen.rows >= 12) expect(lines).toHaveLength(screen.rows);
        else expect(lines.length).toBeLessThanOrEqual(screen.rows);
        for (const each of lines) expect(lineWidth(each)).toBeLessThanOrEqual(screen.columns);
      }),
      { numRuns: 200 },
    );
  });

  test('is plain ASCII where the locale has no Unicode', () => {
    for (const screen of SIZES) {
      for (const key of ['', '?', ':', 'X']) {
        const model = update(modelOf({ fleet: night, size: screen, look: ASCII }), { type: 'key', key }, NOW).model;
        for (const each of frame(model)) expect(plainText(each)).toMatch(/^[\u0020-\u007e]*$/);
      }
    }
  });

  test('says without colour what it says with colour', () => {
    const bare = frame(modelOf({ fleet: night }));
    const coloured = frame(modelOf({ fleet: night, look: COLOURED }));
    expect(textsOf(coloured)).toEqual(textsOf(bare));
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    expect(bare.map((each) => ansi(each, { colour: false, unicode: true })).join('')).not.toMatch(/\u001b\[[0-9;]*3\d/);
    expect(coloured.map((each) => ansi(each, COLOURED)).join('')).toContain('\u001b[31m');
  });
});
