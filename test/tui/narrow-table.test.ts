import { describe, expect, test } from 'vitest';
import { frame } from '../../src/tui/frame.ts';
import type { Size } from '../../src/tui/line.ts';
import { clockTime } from '../../src/tui/times.ts';
import { ago, ASCII, boardAgent, DAY, fleetOf, HOUR, MINUTE, modelOf, NOW, SECOND, textsOf } from './models.ts';

const RESETS = ago(-3 * DAY);
const agents = [
  boardAgent({ id: 1, name: 'held', health: 'held', nextAttemptAt: ago(-28 * MINUTE), lastGoodTurnAt: ago(HOUR) }),
  boardAgent({ id: 2, name: 'stuck', health: 'quiet', nextAttemptAt: ago(-84 * SECOND), lastGoodTurnAt: ago(HOUR) }),
  boardAgent({ id: 3, name: 'paused-one', paused: true, lastGoodTurnAt: ago(MINUTE) }),
  boardAgent({ id: 4, name: 'a-very-long-agent-name-that-goes-on-and-on', lastGoodTurnAt: ago(MINUTE) }),
];
const capped = boardAgent({
  id: 5,
  name: 'cap',
  health: 'capped',
  nextAttemptAt: RESETS,
  lastGoodTurnAt: ago(15 * HOUR),
});

const rowsOf = (size: Size, all = agents, look = {}): readonly string[] =>
  textsOf(frame(modelOf({ fleet: fleetOf({ agents: all }), size, ...look }))).filter((line) => /^[> ] \S/.test(line));

describe('on a narrow screen the table', () => {
  test.each([
    { columns: 60, rows: 12 },
    { columns: 80, rows: 24 },
  ])('of $columns columns has every next attempt to its last digit, and who is paused', (size) => {
    const text = rowsOf(size).join('\n');
    expect(text).toMatch(/held .* try 28:00$/m);
    expect(text).toMatch(/stuck .* try 1:24$/m);
    expect(text).toMatch(/paused-one .* paused /);
    expect(text).not.toMatch(/NEXT…|\d…/);
  });

  test('has the day of a reset that is days away, and who needs it', () => {
    const day = clockTime(RESETS, NOW);
    expect(rowsOf({ columns: 60, rows: 12 }, [...agents, capped]).join('\n')).toMatch(new RegExp(`cap .*${day}$`, 'm'));
    expect(rowsOf({ columns: 120, rows: 40 }, [...agents, capped]).join('\n')).toContain(`resets ${day}`);
  });

  test('shows by a sign at its edge that there are more agents above and below', () => {
    const many = Array.from({ length: 40 }, (_, index) => boardAgent({ id: index, name: `worker-${10 + index}` }));
    const marksOf = (selected: string): readonly string[] => {
      const model = modelOf({ fleet: fleetOf({ agents: many }), size: { columns: 60, rows: 12 } });
      const chosen = { ...model, views: [{ ...model.views[0], selected }] as const };
      return textsOf(frame(chosen)).flatMap((line) => /^([▲▼])/.exec(line)?.[1] ?? []);
    };
    expect(marksOf('worker-10')).toEqual(['▼']);
    expect(marksOf('worker-30')).toEqual(['▲', '▼']);
    expect(marksOf('worker-49')).toEqual(['▲']);
  });

  test('is as complete in plain ASCII', () => {
    expect(rowsOf({ columns: 60, rows: 12 }, agents, { look: ASCII }).join('\n')).toMatch(/held .* try 28:00$/m);
  });
});
