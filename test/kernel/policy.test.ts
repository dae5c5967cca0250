import { describe, expect, test } from 'vitest';
import type { AgentSpec } from '../../src/kernel/spec.ts';
import type { Weather } from './api.ts';
import { ADA } from './fleet-of.ts';
import { BOB, KIM, latch, livingOf, ownTurn, play, S, submit, weather, type Played } from './short-history.ts';
import { flow } from './moves.ts';
import { ask, closes, HOUR_MS, MINUTE_MS, opens, type Act } from './timeline.ts';

/** The numbers of the policy, each at the place where a wrong one would be seen. */

/** More than a process does for one turn. */
const TURN_STEPS = 10;

const scopes = ({ incidents }: Played): readonly string[] => incidents.map(({ scope }) => scope);

describe('how far a trouble reaches', () => {
  test('the first rejection is a session, and is tried at once', () => {
    const played = play([ADA, BOB], 20 * S, latch(9 * S, 'ada', 'auth'), ask(10 * S, 'ada'));
    expect(scopes(played)).toEqual(['session']);
    expect(played.attempts).toEqual([{ agent: 'ada', at: 10 * S }]);
  });

  test('two agents that are rejected a minute apart are rejected together, and no longer after that', () => {
    const scopesAfter = (apart: number): readonly string[] =>
      scopes(
        play(
          [ADA, BOB],
          10 * MINUTE_MS,
          latch(9 * S, 'ada', 'auth'),
          // Its new process is not asked before bob is: it proves nothing.
          submit(9 * S, { type: 'paused', agent: 'ada', paused: false }),
          { at: 9 * S, act: (model) => void model.mute.add('ada') },
          ask(10 * S, 'ada'),
          latch(10 * S, 'bob', 'auth'),
          ask(10 * S + apart, 'bob'),
        ),
      ).slice(0, 2);
    expect(scopesAfter(60 * S)).toEqual(['window']);
    expect(scopesAfter(61 * S)).toEqual(['session', 'session']);
  });

  test('who answers in a turn that began behind the rejection shows that it is the session alone', () => {
    const { incidents } = play(
      [ADA, BOB],
      30 * S,
      latch(9 * S, 'ada', 'auth'),
      weather(9 * S, 'ada', 'auth'),
      { at: 9 * S, act: (model) => void model.mute.add('ada') },
      ask(10 * S, 'ada'),
      ask(11 * S, 'bob'),
      submit(12 * S, { type: 'restart-asked', agent: 'ada', how: 'now', reason: null }),
    );
    expect(incidents.map(({ scope }) => scope)).toEqual(['session']);
  });

  test('rejections on two credentials within a minute are upstream, one gate each', () => {
    const played = play(
      [ADA, KIM],
      20 * S,
      latch(9 * S, 'ada', 'auth'),
      latch(9 * S, 'kim', 'auth'),
      weather(9 * S, 'ada', 'auth'),
      ask(10 * S, 'ada'),
      ask(11 * S, 'kim'),
    );
    const open = played.incidents.filter(({ closedAt }) => closedAt === null);
    expect(open.map(({ scope, gates }) => [scope, Object.keys(gates)])).toEqual([['upstream', ['max', 'key']]]);
  });
});

/** It works on what it has been asked, and then the daemon that did not read it is replaced. */
const unheard = (at: number, agent: string): Act => ({
  at,
  act: (model) => {
    model.send(agent);
    while (model.pending.length > 0) model.obey(0, { fails: false });
    const process = livingOf(model, agent);
    for (let count = 0; count < TURN_STEPS; count += 1) process?.progress({ tools: false, partial: false });
    model.restartDaemon({ cutsWrite: false });
  },
});

describe('what was said while nobody listened', () => {
  test('says nothing about others who were rejected at the time at which it is heard', () => {
    const played = play(
      [ADA, BOB],
      20 * S,
      latch(9 * S, 'ada', 'auth'),
      { at: 9 * S, act: (model) => void model.mute.add('ada') },
      ask(10 * S, 'ada'),
      latch(10 * S, 'bob', 'auth'),
      unheard(11 * S, 'bob'),
    );
    expect(played.seen.some(({ event }) => event.type === 'heard' && event.late)).toBe(true);
    expect(scopes(played)).toEqual(['session', 'session']);
  });
});

describe('a good answer that nobody listened to', () => {
  test('says nothing about the time at which it is heard', () => {
    const provenAt = (...acts: readonly Act[]): unknown =>
      play([ADA, BOB], 20 * S, ...acts).model.fleet.agents['bob']?.provenAt ?? null;
    expect(provenAt(unheard(11 * S, 'bob'))).toBeNull();
    expect(provenAt(ask(11 * S, 'bob'))).not.toBeNull();
  });
});

describe('when the next attempt is', () => {
  test('in a window after 20 s, 40 s, 80 s, 160 s, 180 s and, when it is older than an hour, up to 30 minutes', () => {
    const { attempts } = play([ADA], 5 * HOUR_MS, opens(9 * S, 'max'), ask(10 * S, 'ada'));
    const waits = attempts.slice(1).map(({ at }, index) => Math.round((at - (attempts[index]?.at ?? 0)) / S));
    expect(waits.slice(0, 6)).toEqual([20, 40, 80, 160, 180, 180]);
    expect(waits.slice(-3)).toEqual([1_800, 1_800, 1_800]);
  });

  test('up to a fifth sooner or later, as the roll says', () => {
    const secondWait = (roll: number): number => {
      const rolled: Act = { at: 0, act: (model) => void (model.roll = roll) };
      const { attempts } = play([ADA], 2 * MINUTE_MS, rolled, opens(9 * S, 'max'), ask(10 * S, 'ada'));
      return Math.round(((attempts[2]?.at ?? 0) - (attempts[1]?.at ?? 0)) / S);
    };
    expect([0, 0.5, 0.999_999].map(secondWait)).toEqual([32, 40, 48]);
  });

  test('who follows the canary comes half a second after the one before', () => {
    const agents = ['a', 'b', 'c', 'd'].map((name) => ({ ...ADA, name }));
    const { attempts } = play(
      agents,
      HOUR_MS,
      opens(9 * S, 'max'),
      ...agents.map(({ name }) => ask(10 * S, name)),
      closes(15 * S, 'max'),
    );
    const followed = attempts.slice(-3).map(({ at }) => at);
    expect(followed.map((at) => at - (followed[0] ?? 0))).toEqual([0, 500, 1_000]);
  });

  test('a limit that meets a canary does not begin the schedule anew', () => {
    const { attempts } = play(
      [ADA, BOB],
      10 * MINUTE_MS,
      opens(9 * S, 'max'),
      ask(10 * S, 'ada'),
      ask(10 * S, 'bob'),
      // Attempts at 10 s, 30 s and 70 s are rejected, the one at 150 s is throttled.
      closes(149 * S, 'max'),
      { at: 149 * S, act: ({ api }) => void api.limits.set('max opus', 'throttled') },
    );
    expect(attempts.map(({ at }) => Math.round(at / S)).slice(0, 5)).toEqual([10, 30, 70, 150, 230]);
  });

  test('a dead credential is tried once more, then only every half hour, and at once when it was replaced', () => {
    const { attempts, model } = play(
      [ADA],
      2 * HOUR_MS,
      { at: 9 * S, act: ({ api }) => api.kill(api.fingerprint('max')) },
      ask(10 * S, 'ada'),
      { at: 100 * MINUTE_MS, act: (world) => world.secrets.replace('max') },
    );
    const [zero, ...others] = attempts.map(({ at }) => Math.round(at / MINUTE_MS));
    expect([zero, ...others]).toEqual([0, 30, 60, 90, 100]);
    expect(model.fleet.agents['ada']?.health).toBe('healthy');
  });

  test('a paused agent is not the one that tries', () => {
    const { attempts } = play(
      [ADA, BOB],
      20 * MINUTE_MS,
      opens(9 * S, 'max'),
      ask(10 * S, 'ada'),
      ask(10 * S, 'bob'),
      submit(20 * S, { type: 'paused', agent: 'bob', paused: true }),
    );
    expect(new Set(attempts.filter(({ at }) => at > 20 * S).map(({ agent }) => agent))).toEqual(new Set(['ada']));
  });
});

describe('who is asked for a proof', () => {
  test('one agent of a credential at a time, though each tries for itself alone', () => {
    const played = play(
      [ADA, BOB],
      2 * MINUTE_MS,
      latch(9 * S, 'ada', 'auth'),
      latch(9 * S, 'bob', 'auth'),
      ownTurn(10 * S, 'ada', (model) => {
        // Its new process is asked, and never answers.
        flow(model, 7);
        const process = livingOf(model, 'ada');
        if (process !== undefined) process.hangs = true;
      }),
      ownTurn(75 * S, 'bob'),
    );
    const asked = played.commands.flatMap((command) => (command.type === 'deliver' ? [command.agent] : []));
    expect(played.attempts.map(({ agent }) => agent)).toEqual(['ada', 'bob']);
    expect(asked).toEqual(['ada']);
  });
});

describe('what is renewed', () => {
  test('an idle agent is not renewed while its credential is in a window', () => {
    const idle: AgentSpec = { ...BOB, idleWake: { afterMs: HOUR_MS, when: 'when-idle', at: null } };
    const renewedAt = (...acts: readonly Act[]): readonly number[] =>
      play([ADA, idle], 4 * HOUR_MS, ask(5 * S, 'bob'), ...acts).seen.flatMap((step) =>
        step.commands.flatMap((command) =>
          command.type === 'record' && command.event === 'restarting' && command.cause === 'idle-wake'
            ? [step.moment.mono]
            : [],
        ),
      );
    expect(renewedAt()).toHaveLength(1);
    expect(renewedAt(opens(9 * S, 'max'), ask(10 * S, 'ada'))).toEqual([]);
  });
});

describe('what becomes of a message', () => {
  test('rejected again and again it waits; failing by its own fault it is given up after three deliveries', () => {
    const failing = (api: Weather): readonly unknown[] => {
      const { model } = play([ADA], HOUR_MS, latch(9 * S, 'ada', api), weather(9 * S, 'ada', api), ask(10 * S, 'ada'));
      const agent = model.fleet.agents['ada'];
      const [message] = [...(agent?.queue ?? []), ...(agent?.finished ?? [])];
      return [message?.state, message?.badDeliveries, api === 'auth' || message?.deliveries];
    };
    expect(failing('auth')).toEqual(['queued', 0, true]);
    expect(failing('message')).toEqual(['failed', 3, 3]);
  });

  test('each delivery after a failed turn has its own uuid', () => {
    const { commands } = play([ADA], HOUR_MS, opens(9 * S, 'max'), ask(10 * S, 'ada'), closes(5 * MINUTE_MS, 'max'));
    const uuids = commands.flatMap((command) => (command.type === 'deliver' ? [command.uuid] : []));
    expect(uuids.length).toBeGreaterThan(3);
    expect(new Set(uuids).size).toBe(uuids.length);
  });
});
