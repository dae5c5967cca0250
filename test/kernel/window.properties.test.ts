import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/kernel/commands.ts';
import type { AgentSpec, QuietPolicy } from '../../src/kernel/spec.ts';
import { ADA } from './fleet-of.ts';
import { Model } from './model.ts';
import type { Seen } from './seen.ts';
import { claim, records, runs } from './play.ts';
import { forAll } from './replay.ts';
import { ask, closes, HOUR_MS, MINUTE_MS, opens, run, start } from './timeline.ts';

/** What follows when the API rejects a whole credential for hours. */

const agentsOf = (count: number, credential: string, quiet: QuietPolicy): readonly AgentSpec[] =>
  Array.from({ length: count }, (_, index) => ({
    ...ADA,
    name: `${credential}-${index}`,
    credentials: [credential],
    auth: { ...ADA.auth, quiet },
  }));

const quiets: fc.Arbitrary<QuietPolicy> = fc
  .record({
    delayMsMin: fc.integer({ min: 5_000, max: 60_000 }),
    more: fc.integer({ min: 0, max: 5 * MINUTE_MS }),
    most: fc.integer({ min: 10 * MINUTE_MS, max: 40 * MINUTE_MS }),
    jitter: fc.double({ min: 0, max: 0.5, noNaN: true }),
  })
  .map(({ delayMsMin, more, most, jitter }) => ({
    strategy: 'schedule',
    delayMsMin,
    delayMsMax: delayMsMin + more + MINUTE_MS,
    longDelayMsMax: Math.max(most, delayMsMin + more + MINUTE_MS),
    jitter,
  }));

const OPENS_AT = 10 * MINUTE_MS;

const windows = fc.record({
  lastsMs: fc.integer({ min: MINUTE_MS, max: 8 * HOUR_MS }),
  quiet: quiets,
  roll: fc.double({ min: 0, max: 0.999, noNaN: true }),
  /** Minutes after the start; before the window as well as in it. */
  asked: fc.array(fc.integer({ min: 1, max: 8 * 60 }), { minLength: 1, maxLength: 30 }),
  count: fc.integer({ min: 2, max: 8 }),
});

type Window = typeof windows extends fc.Arbitrary<infer T> ? T : never;

/** Plays one window with so many agents, among whom the messages go round. */
function playWindow(window: Window, count: number, watch: (seen: Seen, model: Model) => void): Model {
  const specs = agentsOf(count, 'max', window.quiet);
  const model = new Model(specs, watch);
  model.roll = window.roll;
  const closesAt = OPENS_AT + window.lastsMs;
  const asked = window.asked
    .map((minute) => minute * MINUTE_MS)
    .toSorted((one, other) => one - other)
    .map((at, index) => ask(at, specs[index % count]?.name ?? ''));
  run(model, [start(specs), opens(OPENS_AT, 'max'), closes(closesAt, 'max'), ...asked], closesAt + 2 * HOUR_MS);
  return model;
}

const isOpen = (model: Model): boolean => model.api.windows.has('max');

function attemptsIn(window: Window, count: number): number {
  let attempts = 0;
  playWindow(window, count, (seen, model) => {
    if (isOpen(model)) attempts += records(seen, 'attempt').length;
  });
  return attempts;
}

const holdsOfWindows = (check: (window: Window) => void): void => forAll(fc.property(windows, check), runs(1 / 4));

describe('in a window', () => {
  test('the attempts do not grow with the number of agents', () => {
    holdsOfWindows((window) => {
      const alone = attemptsIn(window, 1);
      const together = attemptsIn(window, window.count);
      expect(Math.abs(together - alone), `${alone} alone, ${together} together`).toBeLessThanOrEqual(2);
    });
  });

  test('nobody who was rejected is called healthy before it is over', () => {
    holdsOfWindows((window) => {
      const rejected = new Set<string>();
      playWindow(window, window.count, (seen, model) => {
        if (!isOpen(model)) return;
        for (const name of records(seen, 'turn-failed')) rejected.add(name);
        for (const name of rejected) claim(seen.after.agents[name]?.health !== 'healthy', `${name} is not healthy`);
      });
    });
  });

  test('once it is over everybody is answered, and nobody is in trouble', () => {
    holdsOfWindows((window) => {
      const { fleet } = playWindow(window, window.count, () => undefined);
      expect(fleet.incidents).toEqual({});
      for (const { spec, queue, health } of Object.values(fleet.agents)) {
        expect([spec.name, queue.length]).toEqual([spec.name, 0]);
        expect(['healthy', 'unknown']).toContain(health);
      }
    });
  });
});

/** What agents of one credential are told, without what only numbers it. */
function commandsTo(prefix: string, into: string[]): (seen: Seen, model: Model) => void {
  const names = new Map<string, string>();
  const nameOf = (id: string | null): string | null => {
    if (id === null) return null;
    if (!names.has(id)) names.set(id, `run ${names.size}`);
    return names.get(id) ?? null;
  };
  return ({ commands }, { now }) => {
    for (const command of commands) {
      if (!('agent' in command) || !command.agent.startsWith(prefix)) continue;
      into.push(`${now} ${JSON.stringify(plain(command, nameOf))}`);
    }
  };
}

function plain(command: Command, nameOf: (id: string | null) => string | null): unknown {
  if (command.type === 'record') return { ...command, run: nameOf(command.run), detail: '' };
  if (command.type === 'deliver') return { ...command, run: nameOf(command.run), uuid: '' };
  return 'run' in command ? { ...command, run: nameOf(command.run) } : command;
}

const neighbours = fc.record({
  window: windows,
  asked: fc.array(fc.integer({ min: 1, max: 8 * 60 }), { minLength: 1, maxLength: 20 }),
  dies: fc.array(fc.integer({ min: 1, max: 8 * 60 }), { maxLength: 5 }),
  limits: fc.array(fc.integer({ min: 1, max: 8 * 60 }), { maxLength: 2 }),
});

describe('beside a window', () => {
  test('an agent on another credential is told what it would be told without it', () => {
    const play = (
      { window, asked, dies, limits }: typeof neighbours extends fc.Arbitrary<infer T> ? T : never,
      isWindow: boolean,
    ): readonly string[] => {
      const mine = agentsOf(2, 'key', window.quiet);
      const theirs = agentsOf(window.count, 'max', window.quiet);
      const told: string[] = [];
      const model = new Model([...mine, ...theirs], commandsTo('key-', told));
      model.roll = window.roll;
      const at = (minute: number): number => minute * MINUTE_MS;
      run(
        model,
        [
          start([...mine, ...theirs]),
          ...(isWindow ? [opens(OPENS_AT, 'max'), closes(OPENS_AT + window.lastsMs, 'max')] : []),
          ...window.asked.map((minute, index) => ask(at(minute), `max-${index % window.count}`)),
          ...asked.map((minute, index) => ask(at(minute) + 10, `key-${index % 2}`)),
          ...dies.map((minute) => ({ at: at(minute) + 20, act: killOne })),
          ...limits.flatMap((minute) => [
            { at: at(minute), act: ({ api }: Model) => void api.limits.set('key opus', 'throttled') },
            { at: at(minute + 40), act: ({ api }: Model) => void api.limits.delete('key opus') },
          ]),
        ],
        OPENS_AT + window.lastsMs + HOUR_MS,
      );
      return told.map((line) => line.replaceAll(/question [0-9a-f-]+/g, 'question'));
    };
    forAll(
      fc.property(neighbours, (around) => {
        expect(play(around, true)).toEqual(play(around, false));
      }),
      runs(1 / 8),
    );
  });
});

function killOne(model: Model): void {
  model.living.find(({ credential }) => credential === 'key')?.die(1);
}
