import { describe, expect, test } from 'vitest';
import { isAuth } from '../../src/kernel/causes.ts';
import type { Command } from '../../src/kernel/commands.ts';
import { runOf, type Agent, type Fleet } from '../../src/kernel/fleet.ts';
import { gateOf } from '../../src/kernel/gates.ts';
import { elapsedMs, isDue, isLater, type Stamp } from '../../src/kernel/moment.ts';
import type { Gate } from '../../src/kernel/trouble.ts';
import { calmHistory, chaoticHistory, honestHistory } from './histories.ts';
import type { Seen } from './seen.ts';
import { claim, found, holds, played, records, recordsIn, type Watch } from './play.ts';

/** The gate under which an agent is in trouble, and a name for it. */
function gateIn(fleet: Fleet, agent: Agent | undefined): { readonly id: string; readonly gate: Gate } | null {
  const recovery = agent?.recovery ?? null;
  const incident = recovery === null ? undefined : fleet.incidents[recovery.incident];
  if (recovery === null || incident === undefined) return null;
  return { id: `${incident.id} ${recovery.gate}`, gate: gateOf(incident, recovery.gate) };
}

function isTroubledByAuth({ agents, incidents }: Fleet, name: string): boolean {
  const cause = incidents[agents[name]?.recovery?.incident ?? '']?.cause;
  return cause !== undefined && isAuth(cause);
}

const QUIET_MS_MIN = 20_000;

/** Looks at every attempt that a canary begins, and at every one that follows. */
function spacing(): Watch {
  const failedAt = new Map<string, Stamp>();
  const isReleased = new Set<string>();
  return (seen) => {
    const before = found(seen);
    for (const name of records(seen, 'attempt')) {
      const after = gateIn(seen.after, seen.after.agents[name]);
      const agent = before.agents[name];
      if (agent?.recovery?.stage === 'following') {
        const { next } = agent.recovery;
        expect(next !== null && isDue(next, seen.moment), `${name} follows in its own time`).toBe(true);
      } else if (after !== null && after.gate.attempts > 1) {
        const known = gateIn(before, agent);
        // A gate that is merged with an older one in this step brings its renewal along.
        const renewed = known?.gate.renewed ?? false;
        const next = known?.id === after.id ? known.gate.next : null;
        const isNow = renewed || isReleased.has(after.id) || seen.event.type === 'credential-changed';
        const wasDue = next !== null && isDue(next, seen.moment);
        expect(isNow || wasDue, `${name} tries when its gate lets it`).toBe(true);
        const failed = failedAt.get(after.id);
        if (!isNow && failed?.boot === seen.moment.boot)
          expect(elapsedMs(failed, seen.moment), name).toBeGreaterThanOrEqual(QUIET_MS_MIN);
      }
      if (after !== null) isReleased.delete(after.id);
    }
    for (const { agent: name, cause } of recordsIn(seen, 'attempt-failed')) {
      const gate = gateIn(seen.after, seen.after.agents[name]);
      // What an agent tried for another reason, or failed with for another one, says nothing about the time of this gate.
      const isOfGate = cause !== null && isAuth(cause) && isTroubledByAuth(before, name);
      if (gate !== null && isOfGate) failedAt.set(gate.id, seen.moment);
    }
    for (const name of records(seen, 'released')) {
      const gate = gateIn(seen.after, seen.after.agents[name]);
      if (gate !== null) isReleased.add(gate.id);
    }
  };
}

/** The answer came from the canary, or from a process that began after the gate was closed. */
function isNews(before: Fleet, event: Seen['event'], follower: Agent): boolean {
  const known = gateIn(before, follower);
  const state = event.type === 'heard' ? before.agents[event.agent]?.state : undefined;
  const run = state === undefined ? null : runOf(state);
  if (known === null || run === null || event.type !== 'heard') return false;
  const { canary, closedAt } = known.gate;
  return canary === event.agent || (closedAt !== null && isLater(run.startedAt, closedAt));
}

describe('in every history, however implausible', () => {
  test('no attempt begins before its time: a canary in that of its gate, a follower in its own', () => {
    holds(chaoticHistory, (moves) => void played(moves, spacing()));
  });

  test('nobody follows but on a good answer of somebody else who has a new process', () => {
    holds(chaoticHistory, (moves) => {
      played(moves, ({ before, after, event, moment }) => {
        for (const [name, agent] of Object.entries(after.agents)) {
          if (agent.recovery?.stage !== 'following' || before.agents[name]?.recovery?.stage === 'following') continue;
          expect(event).toMatchObject({ type: 'heard', late: false, fact: { fact: 'answered' } });
          expect(event).not.toMatchObject({ agent: name });
          expect(isNews(before, event, agent), `${name} at ${moment.mono}`).toBe(true);
        }
      });
    });
  });

  test('what was said while nobody listened never makes a trouble wider', () => {
    holds(chaoticHistory, (moves) => {
      played(moves, ({ before, after, event }) => {
        if (event.type !== 'heard' || !event.late) return;
        for (const { id, scope } of Object.values(after.incidents)) {
          if (scope === 'window' || scope === 'upstream')
            claim(before.incidents[id]?.scope === scope, `${id} became ${scope}`);
        }
      });
    });
  });

  test('one agent at a time tries for all of a credential', () => {
    holds(chaoticHistory, (moves) => {
      played(moves, ({ after }) => {
        const wide = Object.values(after.incidents).filter(
          ({ scope, cause }) => isAuth(cause) && (scope === 'window' || scope === 'credential' || scope === 'upstream'),
        );
        const keys = wide.flatMap(({ gates, open }) =>
          Object.keys(gates).filter((key) => open.some((name) => after.agents[name]?.recovery?.gate === key)),
        );
        claim(new Set(keys).size === keys.length, keys.join(' '));
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

  test('of an incident people are told each thing at most once, and no notice is made twice', () => {
    holds(chaoticHistory, (moves) => {
      const ids = new Set<string>();
      const told = new Set<string>();
      played(moves, ({ commands }) => {
        for (const command of commands) {
          if (command.type !== 'notice') continue;
          const { id, incident, kind } = command.notice;
          expect(ids.has(id), id).toBe(false);
          ids.add(id);
          if (incident !== null) expect(told.has(`${incident} ${kind}`), `${incident} ${kind}`).toBe(false);
          told.add(`${incident} ${kind}`);
        }
      });
    });
  });

  test('a paused agent is left as it is, but for what an operator asks and for the end of its process', () => {
    holds(chaoticHistory, (moves) => void played(moves, pausedIsLeftAlone));
  });
});

const ACTS: ReadonlySet<Command['type']> = new Set<Command['type']>([
  'spawn',
  'interrupt',
  'deliver',
  'signal',
  'sweep',
  'measure',
]);

const pausedIsLeftAlone: Watch = ({ before, after, event, commands }: Seen) => {
  for (const [name, agent] of Object.entries(before.agents)) {
    const isPaused = agent.paused && (after.agents[name]?.paused ?? true);
    const isDeclared = event.type === 'declared' && event.spec.name === name;
    const isAsked =
      'agent' in event &&
      event.agent === name &&
      ['desired', 'restart-asked', 'deleted', 'exited', 'gone', 'spawn-failed', 'never-spawned'].includes(event.type);
    // What was begun is brought to its end.
    if (!isPaused || isAsked || isDeclared || agent.state.at === 'stopping' || agent.restart?.cause === 'operator')
      continue;
    const isRepeated = event.type === 'caught-up' || event.type === 'spawned' || event.type === 'adopted';
    const isFree = agent.recovery === null;
    const acts = commands.filter((command) => 'agent' in command && command.agent === name && ACTS.has(command.type));
    const unasked = acts.filter(({ type }) => type !== 'deliver' || !(isFree || isRepeated));
    claim(unasked.length === 0, `${name} is paused, and at ${event.type}: ${JSON.stringify(unasked)}`);
  }
};

describe('in every honest history', () => {
  test("an agent that never failed is not touched by the others' failures", () => {
    holds(calmHistory, (moves) => {
      let spawns = 0;
      played(moves, ({ commands, after }) => {
        for (const command of commands) {
          if (!('agent' in command) || command.agent !== 'eve') continue;
          claim(!['signal', 'interrupt', 'sweep'].includes(command.type), command.type);
          if (command.type === 'spawn') spawns += 1;
        }
        claim((after.agents['eve']?.recovery ?? null) === null, 'eve is in no trouble');
      });
      expect(spawns).toBeGreaterThan(0);
    });
  });

  test('nobody is called healthy before its rejected process is replaced, or has answered after all', () => {
    holds(honestHistory, (moves) => {
      const rejected = new Set<string>();
      played(moves, ({ event, after }) => {
        if (event.type === 'heard' && event.fact.fact === 'turn-ended' && event.fact.failure?.kind === 'auth')
          rejected.add(event.run);
        if (event.type === 'heard' && event.fact.fact === 'answered') rejected.delete(event.run);
        for (const [name, agent] of Object.entries(after.agents)) {
          if (agent.health !== 'healthy' || agent.state.at !== 'running') continue;
          claim(!rejected.has(agent.state.run.id), `${name} in ${agent.state.run.id} was rejected`);
        }
      });
    });
  });
});
