import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextDeadline } from '../../src/kernel/deadlines.ts';
import { explain } from '../../src/kernel/explain.ts';
import { emptyFleet, runOf, type Fleet } from '../../src/kernel/fleet.ts';
import { step } from '../../src/kernel/step.ts';
import { chaoticHistory, honestHistory } from './histories.ts';
import { brokenInvariants } from './invariants.ts';
import { settle } from './moves.ts';
import { claim, holds, isSame, played, RUNS, type Watch } from './play.ts';

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
      claim(maybeAlive.get(command.agent) === undefined, `the run before ${command.run} is gone`);
      maybeAlive.set(command.agent, command.run);
    }
  };
}

const invariants: Watch = ({ after, moment, event }) => {
  const broken = brokenInvariants(after, moment).filter((text) => event.type === 'tick' || !text.includes('is due'));
  claim(broken.length === 0, broken.join('\n'));
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
        for (const [name, agent] of Object.entries(after.agents)) {
          if (agent === before.agents[name]) continue;
          for (const { id, state } of agent.finished) {
            claim((ended.get(id) ?? state) === state, `${id} has one end`);
            ended.set(id, state);
          }
          for (const { id } of agent.queue) claim(!ended.has(id), `${id} has ended and waits no longer`);
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
          claim(owner.get(command.run) === command.agent, `${command.run} is a run of ${command.agent}`);
          const state = before.agents[command.agent]?.state;
          const current = state === undefined ? undefined : runOf(state)?.id;
          const isKnown = command.run === current || command.run === lastRun(owner, command.agent);
          claim(isKnown || command.type === 'record', `${command.run} is the last or the present one`);
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
          claim(isSame(again, { fleet: after, commands }), `${event.type} gives the same again`);
        });
        expect(JSON.parse(JSON.stringify(model.fleet))).toStrictEqual(model.fleet);
        const replayed = model.journal.reduce(
          (fleet, { event, moment }) => step(fleet, event, moment).fleet,
          emptyFleet,
        );
        expect(replayed).toStrictEqual(model.fleet);
      },
      RUNS / 4,
    );
  });

  test('a line that is reported twice, and a report of another run, change nothing', () => {
    holds(
      chaoticHistory,
      (moves) => {
        played(moves, ({ event, moment, after }) => {
          if (event.type !== 'heard') return;
          const other = { ...event, run: 'another', offset: event.offset + 1 };
          for (const again of [event, other])
            claim(isSame(step(after, again, moment), { fleet: after, commands: [] }), JSON.stringify(again));
        });
      },
      RUNS / 4,
    );
  });

  test('of every agent can be said what is, why, what comes next and what to do', () => {
    holds(
      chaoticHistory,
      (moves) => {
        played(moves, ({ before, after, moment }) => {
          for (const agent of Object.values(after.agents)) {
            if (agent === before.agents[agent.spec.name]) continue;
            const said = Object.values(explain(after, agent, moment)).join(' | ');
            claim(said.startsWith(agent.spec.name) && !/undefined|null|NaN|Invalid/.test(said), said);
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
      // Who was in trouble takes a new secret only behind its first answer.
      for (let times = 0; times < 2; times += 1) {
        for (const agent of names) if (agent !== 'cmd') model.send(agent);
        settle(model);
      }
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
