import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextDeadline } from '../../src/kernel/deadlines.ts';
import { explain } from '../../src/kernel/explain.ts';
import { emptyFleet, runOf, type Fleet } from '../../src/kernel/fleet.ts';
import { step } from '../../src/kernel/step.ts';
import { chaoticHistory, honestHistory } from './histories.ts';
import { brokenInvariants } from './invariants.ts';
import { settle } from './moves.ts';
import { holds, played, RUNS, type Watch } from './play.ts';

/** Which runs of an agent may have a process, as far as the host was told and has told. */
function oneLiveRun(): Watch {
  const maybeAlive = new Map<string, string>();
  return ({ event, commands, before }) => {
    const isEnd = event.type === 'gone' || event.type === 'spawn-failed' || event.type === 'never-spawned';
    const known = isEnd ? maybeAlive.get(event.agent) : undefined;
    const state = isEnd ? before.agents[event.agent]?.state : undefined;
    if (isEnd && known === event.run && state !== undefined && runOf(state)?.id === event.run)
      maybeAlive.delete(event.agent);
    for (const command of commands) {
      if (command.type !== 'spawn') continue;
      expect(maybeAlive.get(command.agent), 'the run before it').toBeUndefined();
      maybeAlive.set(command.agent, command.run);
    }
  };
}

const invariants: Watch = ({ after, moment, event }) => {
  const broken = brokenInvariants(after, moment).filter((claim) => event.type === 'tick' || !claim.includes('is due'));
  expect(broken).toEqual([]);
};

describe('in every history, however implausible', () => {
  test('the fleet keeps its invariants', () => {
    holds(chaoticHistory, (moves) => void played(moves, invariants));
  });

  test('an agent has at most one live run', () => {
    holds(chaoticHistory, (moves) => void played(moves, oneLiveRun()));
  });

  test('every message is answered, failed, cancelled or still waiting, has one end only, and the order is kept', () => {
    holds(chaoticHistory, (moves) => {
      const ended = new Map<string, string>();
      const model = played(moves, ({ before, after }) => {
        for (const agent of Object.values(after.agents)) {
          for (const { id, state } of agent.finished) {
            expect(ended.get(id) ?? state).toBe(state);
            ended.set(id, state);
          }
          expect(agent.queue.filter(({ id }) => ended.has(id)).map(({ id }) => id)).toEqual([]);
        }
        for (const [name, agent] of Object.entries(before.agents)) {
          if (after.agents[name] === undefined) for (const { id } of agent.queue) ended.set(id, 'cancelled');
        }
      });
      for (const { agent, id } of model.sent) {
        const isThere = model.fleet.agents[agent]?.queue.some((message) => message.id === id) ?? false;
        expect(isThere || ended.has(id), `${id} of ${agent}`).toBe(true);
      }
      for (const agent of Object.values(model.fleet.agents)) {
        const mine = [...agent.finished, ...agent.queue]
          .filter(({ origin }) => origin === 'operator')
          .map(({ id }) => id);
        expect(mine).toEqual(model.sent.map(({ id }) => id).filter((id) => mine.includes(id)));
      }
    });
  });

  test('no command names a run that was not begun for that agent', () => {
    holds(chaoticHistory, (moves) => {
      const owner = new Map<string, string>();
      played(moves, ({ commands, before }) => {
        for (const command of commands) if (command.type === 'spawn') owner.set(command.run, command.agent);
        for (const command of commands) {
          if (!('run' in command) || command.run === null) continue;
          expect(owner.get(command.run)).toBe(command.agent);
          const state = before.agents[command.agent]?.state;
          const current = state === undefined ? undefined : runOf(state)?.id;
          if (command.type !== 'record') expect([current, lastRun(owner, command.agent)]).toContain(command.run);
        }
      });
    });
  });

  test('the same moves give the same commands, a JSON round trip changes nothing, and a replay gives the same fleet', () => {
    holds(
      chaoticHistory,
      (moves) => {
        const model = played(moves, ({ before, event, moment, after, commands }) => {
          const again = step(JSON.parse(JSON.stringify(before)) as Fleet, event, moment);
          expect(again.fleet).toStrictEqual(after);
          expect(again.commands).toStrictEqual(commands);
        });
        const replayed = model.journal.reduce(
          (fleet, { event, moment }) => step(fleet, event, moment).fleet,
          emptyFleet,
        );
        expect(replayed).toStrictEqual(model.fleet);
      },
      RUNS / 4,
    );
  });

  test('of every agent can be said what is, why, what comes next and what to do', () => {
    holds(
      chaoticHistory,
      (moves) => {
        played(moves, ({ after, moment }) => {
          for (const agent of Object.values(after.agents)) {
            const { is, why, next, todo } = explain(after, agent, moment);
            expect(is).toContain(agent.spec.name);
            for (const said of [is, why, next, todo]) expect(said).not.toMatch(/undefined|null|NaN|Invalid/);
          }
        });
      },
      RUNS / 4,
    );
  });

  test('after a tick nothing is due, and the next deadline is later: the host is never kept busy', () => {
    holds(chaoticHistory, (moves) => {
      const model = played(moves);
      for (let ticks = 0; ticks < 50 && model.tickWhenDue(); ticks += 1) {
        const next = nextDeadline(model.fleet);
        if (next.mono !== null) expect(next.mono).toBeGreaterThan(model.moment.mono);
        if (next.wall !== null) expect(next.wall).toBeGreaterThan(model.moment.wall);
      }
    });
  });

  test('a tick at a time when nothing is due changes nothing and orders nothing', () => {
    holds(chaoticHistory, (moves) => {
      const model = played(moves);
      const next = nextDeadline(model.fleet);
      const { moment } = model;
      fc.pre((next.mono ?? Infinity) > moment.mono && (next.wall ?? Infinity) > moment.wall);
      const { fleet, commands } = step(model.fleet, { type: 'tick' }, moment);
      expect(commands).toEqual([]);
      expect({ ...fleet, seen: null }).toStrictEqual({ ...model.fleet, seen: null });
    });
  });
});

function lastRun(owner: ReadonlyMap<string, string>, agent: string): string | undefined {
  return [...owner].findLast(([, name]) => name === agent)?.[0];
}

describe('in every honest history', () => {
  test('a message is answered at most once, and called answered when and only when it was', () => {
    holds(honestHistory, (moves) => {
      const model = played(moves);
      for (const process of model.processes) model.read(process, Infinity);
      expect(Object.entries(model.answeredBy).filter(([, times]) => times > 1)).toEqual([]);
      expect(Object.entries(model.askedFor).filter(([, times]) => times === 0)).toEqual([]);
      for (const agent of Object.values(model.fleet.agents)) {
        for (const { id, state } of agent.finished) {
          expect(model.answeredBy[id] ?? 0, `${id} is ${state}`).toBe(state === 'answered' ? 1 : 0);
        }
      }
    });
  });

  test('the conversation holds a question once when it is answered, unless the agent began turns of its own', () => {
    holds(honestHistory, (moves) => {
      const model = played(moves.filter((move) => move.do !== 'own-turn'));
      expect(Object.entries(model.askedFor).filter(([, times]) => times !== 1)).toEqual([]);
    });
  });

  test('once the faults are over and an operator has restarted everybody, every message is answered and every incident closed', () => {
    holds(honestHistory, (moves) => {
      const model = played(moves);
      model.api.clear();
      model.weather.clear();
      model.mute.clear();
      model.unstartable.clear();
      for (const process of model.processes) {
        process.api = 'fine';
        process.hangs = false;
        process.rssBytes = 0;
      }
      const names = Object.values(model.fleet.agents)
        .filter(({ deleting }) => !deleting)
        .map(({ spec }) => spec.name);
      for (const agent of names) model.submit({ type: 'paused', agent, paused: false });
      for (const agent of names) model.submit({ type: 'restart-asked', agent, how: 'now', reason: null });
      settle(model);
      for (const agent of names) if (agent !== 'cmd') model.send(agent);
      settle(model);
      expect(model.fleet.incidents).toEqual({});
      for (const agent of Object.values(model.fleet.agents)) {
        expect([agent.spec.name, agent.state.at, agent.queue.map(({ id }) => id)]).toEqual([
          agent.spec.name,
          'running',
          [],
        ]);
        // Who is renewed whenever it is idle may just have been.
        const isNew = agent.spec.mode === 'command' || (agent.spec.name === 'dan' && agent.health === 'unknown');
        expect(agent.health, agent.spec.name).toBe(isNew ? 'unknown' : 'healthy');
      }
    });
  });
});
