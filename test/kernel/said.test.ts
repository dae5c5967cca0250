import { describe, expect, test } from 'vitest';
import { toldOf } from '../../src/kernel/causes.ts';
import { explain, explanationText } from '../../src/kernel/explain.ts';
import type { AgentSpec } from '../../src/kernel/spec.ts';
import type { Weather } from './api.ts';
import { ADA } from './fleet-of.ts';
import type { Model } from './model.ts';
import { BOB, latch, livingOf, play, S, submit, weather } from './short-history.ts';
import { ask, closes, HOUR_MS, MINUTE_MS, opens } from './timeline.ts';

/** What people are told of an agent that is in one of the rarer states. */

const saidOf = (...[specs, until, ...acts]: Parameters<typeof play>): string => {
  const { fleet, moment } = play(specs, until, ...acts).model;
  const agent = fleet.agents['ada'];
  return agent === undefined ? '' : explanationText(explain(fleet, agent, moment));
};

const afterFailing = (api: Weather): string =>
  saidOf([ADA], MINUTE_MS, latch(9 * S, 'ada', api), weather(9 * S, 'ada', api), ask(10 * S, 'ada'));

describe('an agent that waits', () => {
  test('for a limit is told when it is asked again', () => {
    expect(afterFailing('throttled')).toMatch(
      /It is asked again at 2026-01-01T00:01:\d\d.000Z\. Ask sooner, in a new process: /,
    );
  });

  test('for a person is told what the person can do, and that nothing is tried', () => {
    expect(afterFailing('billing')).toContain('Nothing is tried by itself. Add credit to the account');
    expect(afterFailing('credential')).toContain('One agent tries at 2026-01-01T00:30:10.000Z');
  });

  test('for a network is told what could be mended meanwhile', () => {
    expect(afterFailing('network')).toContain(
      'Look at the network, the proxy and the certificates of this machine. Ask sooner',
    );
  });

  test('because it is paused is told how it goes on', () => {
    const paused = submit(9 * S, { type: 'paused', agent: 'ada', paused: true });
    expect(saidOf([ADA], 20 * S, paused)).toBe(
      'ada is up; this process has had no turn yet, paused. agentvisor decides nothing for it until it is resumed. Let it go on: agentvisor resume ada',
    );
  });

  test('being asked again is told so', () => {
    const agains = play([ADA], 5 * MINUTE_MS, latch(9 * S, 'ada', 'throttled'), ask(10 * S, 'ada')).seen.flatMap(
      ({ after, moment }) => {
        const agent = after.agents['ada'];
        return agent?.recovery?.stage === 'waiting' ? [explain(after, agent, moment).next] : [];
      },
    );
    expect(agains).toContain('It is being asked again.');
  });
});

test('a command agent, which has no turns, is said to be up and nothing of turns', () => {
  const worker: AgentSpec = { ...ADA, mode: 'command', command: ['worker'], credentials: [] };
  expect(saidOf([worker], 20 * S)).toBe('ada is up.');
});

test('what ended an agent is one sentence, also where its own words end with a full stop', () => {
  expect(toldOf('spawn-failed', 'The folder /x does not exist.')).toBe(
    'The process could not be started: The folder /x does not exist.',
  );
  expect(toldOf('clean', '')).toBe('The process ended by itself without an error.');
});

describe('an agent that has ended for good', () => {
  test('is said to stay down', () => {
    const once: AgentSpec = { ...ADA, restart: { ...ADA.restart, when: 'never' } };
    const ends = { at: 10 * S, act: (model: Model) => livingOf(model, 'ada')?.die(0) };
    expect(saidOf([once], 20 * S, ends)).toBe('ada has ended and stays down. Start it: agentvisor start ada');
  });
});

describe('who follows', () => {
  test('is said to, with its time', () => {
    const said: string[] = [];
    const played = play(
      [ADA, BOB],
      HOUR_MS,
      opens(9 * S, 'max'),
      ask(10 * S, 'ada'),
      ask(10 * S, 'bob'),
      closes(15 * S, 'max'),
    );
    for (const { after, moment } of played.seen) {
      for (const agent of Object.values(after.agents)) {
        if (agent.recovery?.stage === 'following') said.push(explain(after, agent, moment).next);
      }
    }
    expect(said.length).toBeGreaterThan(0);
    for (const line of said) expect(line).toMatch(/^Another agent has answered; \w+ is restarted at 2026-/);
  });
});

describe('a notice', () => {
  test('of an incident names whoever was in it, also one that is no longer there', () => {
    const { commands } = play(
      [ADA, BOB],
      5 * MINUTE_MS,
      submit(1, { type: 'notify-declared', file: ADA.file ?? '', channels: [{ command: ['page-me'] }] }),
      opens(9 * S, 'max'),
      ask(10 * S, 'ada'),
      ask(10 * S, 'bob'),
      submit(20 * S, { type: 'deleted', agent: 'bob' }),
      closes(30 * S, 'max'),
    );
    const closed = commands.flatMap((command) =>
      command.type === 'notice' && command.notice.kind === 'closed' ? [command.notice.agents] : [],
    );
    expect(closed).toEqual([['ada', 'bob']]);
  });
});

describe('an agent that ended too often', () => {
  test('is told of, also when nobody has seen it end by itself', () => {
    const fragile = { ...ADA, restart: { ...ADA.restart, crashesMax: 1 } };
    const played = play(
      [fragile],
      20 * S,
      submit(1, { type: 'notify-declared', file: ADA.file ?? '', channels: [{ command: ['page-me'] }] }),
      {
        at: 10 * S,
        act: (model: Model) => {
          model.send('ada');
          model.obey(0, { fails: false, cuts: true });
          // Its input is cut, so it is being replaced; stopped and started, it is not wished to be any more.
          model.submit({ type: 'desired', agent: 'ada', desired: 'down' });
          model.submit({ type: 'desired', agent: 'ada', desired: 'up' });
        },
      },
    );
    const notices = played.commands.flatMap((command) => (command.type === 'notice' ? [command.notice.text] : []));
    expect(played.model.fleet.agents['ada']?.state.at).toBe('errored');
    expect(notices).toEqual([
      'ada ended too often and is only tried now and then. The process ended with an error. See: agentvisor logs ada',
    ]);
  });
});
