import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextDeadline } from '../../src/kernel/deadlines.ts';
import { emptyFleet, runOf, type Fleet } from '../../src/kernel/fleet.ts';
import { elapsedMs, isDue, rebase, type Stamp } from '../../src/kernel/moment.ts';
import { step } from '../../src/kernel/step.ts';
import { brokenInvariants } from './invariants.ts';
import { CAST, Model, type Seen } from './model.ts';
import { calmHistory, chaoticHistory, flow, honestHistory, play, type HistoryMove } from './moves.ts';

const RUNS = Number(process.env['KERNEL_HISTORIES'] ?? 200);

type Watch = (seen: Seen, model: Model) => void;

/** Plays a history and looks at every step of it. */
function played(moves: readonly HistoryMove[], ...watches: readonly Watch[]): Model {
  const model = new Model(CAST, (seen, self) => watches.forEach((watch) => watch(seen, self)));
  play(model, moves);
  return model;
}

const holds = (arbitrary: fc.Arbitrary<HistoryMove[]>, claim: (moves: HistoryMove[]) => void, numRuns = RUNS): void =>
  fc.assert(fc.property(arbitrary, claim), { numRuns });

const records = (seen: Seen, event: string): readonly string[] =>
  seen.commands.flatMap((command) => (command.type === 'record' && command.event === event ? [command.agent] : []));

/** The fleet as the step found it: after a reboot its deadlines are moved first. */
const found = (seen: Seen): Fleet =>
  seen.before.seen !== null && seen.before.seen.boot !== seen.moment.boot
    ? rebase(seen.before, seen.before.seen, seen.moment)
    : seen.before;

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

  test('no attempt begins before its planned time, and none sooner than the shortest quiet after a failed one', () => {
    holds(chaoticHistory, (moves) => {
      const failedAt = new Map<string, Stamp>();
      played(moves, (seen) => {
        for (const name of records(seen, 'attempt')) {
          const recovery = found(seen).agents[name]?.recovery;
          const isPlanned = recovery?.stage === 'following';
          if (isPlanned && recovery.next !== null)
            expect(isDue(recovery.next, seen.moment), `${name} is due`).toBe(true);
          const failed = failedAt.get(name);
          if (recovery?.attempts !== undefined && recovery.attempts > 0 && failed?.boot === seen.moment.boot) {
            expect(elapsedMs(failed, seen.moment)).toBeGreaterThanOrEqual(20_000);
          }
        }
        for (const name of records(seen, 'attempt-failed')) failedAt.set(name, seen.moment);
        for (const name of records(seen, 'recovered')) failedAt.delete(name);
      });
    });
  });

  test('no recovery without an answer of that agent, in a run that began after the attempt', () => {
    holds(chaoticHistory, (moves) => {
      const attemptAt = new Map<string, number>();
      const spawnAt = new Map<string, number>();
      let index = 0;
      played(moves, (seen) => {
        index += 1;
        for (const name of records(seen, 'attempt')) attemptAt.set(name, index);
        for (const command of seen.commands) if (command.type === 'spawn') spawnAt.set(command.run, index);
        for (const name of records(seen, 'recovered')) {
          const { event } = seen;
          expect(event).toMatchObject({ type: 'heard', agent: name, fact: { fact: 'answered' } });
          const run = event.type === 'heard' ? event.run : '';
          expect(spawnAt.get(run)).toBeGreaterThanOrEqual(attemptAt.get(name) ?? 0);
          attemptAt.delete(name);
        }
      });
    });
  });

  test('an incident closes only when each of its agents has answered, was stopped, has ended or is in a worse one', () => {
    holds(chaoticHistory, (moves) => {
      played(moves, ({ before, commands, event, after }) => {
        for (const command of commands) {
          if (command.type !== 'file-incident' || command.incident.closedAt === null) continue;
          const { incident } = command;
          const last = before.incidents[incident.id]?.open ?? incident.open;
          const isProven = (name: string): boolean => incident.recoveries.some(({ agent }) => agent === name);
          const isDown = (name: string): boolean =>
            after.agents[name]?.desired !== 'up' || after.agents[name].state.at === 'stopped';
          const isElsewhere = incident.mergedInto !== null && after.incidents[incident.mergedInto] !== undefined;
          expect(
            last.every((name) => isProven(name) || isDown(name) || isElsewhere),
            `${incident.id} at ${event.type}`,
          ).toBe(true);
        }
      });
    });
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

  test("an agent that never failed is not touched by the others' failures", () => {
    holds(calmHistory, (moves) => {
      let spawns = 0;
      played(moves, ({ commands, after }) => {
        for (const command of commands) {
          if (!('agent' in command) || command.agent !== 'eve') continue;
          expect(['signal', 'interrupt', 'sweep']).not.toContain(command.type);
          if (command.type === 'spawn') spawns += 1;
        }
        expect(after.agents['eve']?.recovery ?? null).toBeNull();
      });
      expect(spawns).toBeGreaterThan(0);
    });
  });

  test('once the faults are over and an operator has restarted everybody, every message is answered and every incident closed', () => {
    holds(honestHistory, (moves) => {
      const model = played(moves);
      for (const process of model.processes) process.api = 'fine';
      model.weather.clear();
      const names = Object.values(model.fleet.agents)
        .filter(({ deleting }) => !deleting)
        .map(({ spec }) => spec.name);
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
        expect(agent.health).toBe(agent.spec.mode === 'stream' ? 'healthy' : 'unknown');
      }
    });
  });
});

/** Everything obliges, and the clock goes on until nothing more is to be done. */
function settle(model: Model): void {
  for (let round = 0; round < 200; round += 1) {
    flow(model, 4);
    const isQuiet =
      model.pending.length === 0 &&
      Object.values(model.fleet.agents).every(({ queue, state }) => queue.length === 0 && state.at === 'running');
    if (isQuiet) break;
    model.tickWhenDue();
  }
  flow(model, 4);
}

describe('the histories themselves', () => {
  test('reach every state, every health word of this release and every cause of a turn', () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(chaoticHistory, (moves) => {
        played(moves, ({ after, commands }) => {
          for (const agent of Object.values(after.agents)) {
            reached.add(agent.state.at).add(`health ${agent.health}`);
            if (agent.state.at === 'stopping') reached.add(agent.state.stage);
            if (agent.recovery !== null) reached.add(`recovery ${agent.recovery.stage}`);
          }
          for (const command of commands)
            if (command.type === 'record' && command.cause !== null) reached.add(`cause ${command.cause}`);
        });
      }),
      { numRuns: 400, seed: 1 },
    );
    expect([...reached].toSorted()).toMatchInlineSnapshot(`
      [
        "cause account",
        "cause auth-credential",
        "cause auth-session",
        "cause auth-transient",
        "cause auth-window",
        "cause billing",
        "cause capped",
        "cause clean",
        "cause config",
        "cause crash",
        "cause message-failed",
        "cause model",
        "cause network",
        "cause operator",
        "cause overloaded",
        "cause server",
        "cause session-unusable",
        "cause signal",
        "cause spawn-failed",
        "cause start-timeout",
        "cause throttled",
        "cause transcript-poisoned",
        "cause unknown",
        "errored",
        "health capped",
        "health healthy",
        "health held",
        "health quiet",
        "health suspect",
        "health throttled",
        "health unknown",
        "health verifying",
        "health wedged",
        "interrupting",
        "killing",
        "recovery following",
        "recovery gated",
        "recovery held",
        "recovery replacing",
        "recovery verifying",
        "recovery waiting",
        "running",
        "starting",
        "stopped",
        "stopping",
        "sweeping",
        "terminating",
        "waiting",
      ]
    `);
  });
});
