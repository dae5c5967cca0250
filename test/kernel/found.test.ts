import { describe, expect, test } from 'vitest';
import { emptyFleet } from '../../src/kernel/fleet.ts';
import { brokenInvariants } from './invariants.ts';
import type { Seen } from './seen.ts';
import type { HistoryMove } from './moves.ts';
import { played, records } from './play.ts';

/** What random histories have found, each as the shortest one that shows it. */

function seenIn(moves: readonly HistoryMove[]): readonly Seen[] {
  const all: Seen[] = [];
  played(moves, (seen) => void all.push(seen));
  return all;
}

const flow = (rounds: number): HistoryMove => ({ do: 'flow', rounds });
const live = (rounds: number): HistoryMove => ({ do: 'live', rounds });
const ownTurn = (which: number): HistoryMove => ({ do: 'own-turn', which });
const send = (agent: string): HistoryMove => ({ do: 'send', agent });
const pause = (agent: string): HistoryMove => ({ do: 'operator', verb: 'pause', agent });
const daemon = (cutsWrite: boolean): HistoryMove => ({ do: 'daemon', cutsWrite });
const window = (opens: boolean): HistoryMove => ({ do: 'window', credential: 'max', opens });
const pass = (ms: number): HistoryMove => ({ do: 'pass', ms });
const TICK: HistoryMove = { do: 'tick' };
const FIVE_MINUTES_MS = 300_000;
/** Their places among the processes. */
const [ADA, BOB, CYD, DAN] = [0, 1, 3, 4];
/** Once dan has a new process, which is the last. */
const ELI_THEN = 4;

describe('found by random histories', () => {
  test('nothing is written behind a cut message, though a second daemon dies before the paused agent is replaced', () => {
    // The model throws when a process whose input was cut is written to.
    const seen = seenIn([pause('bob'), send('bob'), daemon(true), daemon(false), flow(2)]);
    expect(seen.at(-1)?.after.agents['bob']?.restart?.cause).toBe('crash');
  });

  test('the canary is asked for a proof though the one before it still has its own prompt in its queue', () => {
    const seen = seenIn([window(true), ownTurn(ADA), ownTurn(BOB), live(20)]);
    const attempts = seen.flatMap((step) => records(step, 'attempt'));
    const asked = seen.flatMap(({ commands }) =>
      commands.flatMap((command) => (command.type === 'deliver' ? [command.agent] : [])),
    );
    expect(new Set(attempts)).toEqual(new Set(['ada', 'bob']));
    expect(asked).toEqual(attempts);
  });

  test('a canary whose time is over while its credential was replaced hands over in the same step', () => {
    // Dan is sent no prompt of our own, so it proves nothing.
    const seen = seenIn([
      { do: 'window', credential: 'key', opens: true },
      ownTurn(DAN),
      flow(12),
      ownTurn(ELI_THEN),
      flow(6),
      { do: 'rotate', credential: 'key' },
      pass(FIVE_MINUTES_MS),
      TICK,
    ]);
    expect(seen.flatMap((step) => records(step, 'attempt'))).toEqual(['dan', 'eli']);
    for (const { event, after, moment } of seen) {
      if (event.type === 'tick') expect(brokenInvariants(after, moment)).toEqual([]);
    }
  });

  test('a paused agent that must prove itself is asked nothing until it is resumed', () => {
    const trouble: readonly HistoryMove[] = [window(true), ownTurn(CYD), flow(5), pause('cyd'), flow(6)];
    const seen = seenIn([...trouble, { do: 'operator', verb: 'resume', agent: 'cyd' }]);
    const asked = seen.filter(({ commands }) => commands.some(({ type }) => type === 'deliver'));
    expect(seen.at(-2)?.after.agents['cyd']).toMatchObject({
      health: 'verifying',
      state: { at: 'running' },
      turn: null,
    });
    expect(asked.map(({ event }) => event)).toEqual([{ type: 'paused', agent: 'cyd', paused: false }]);
  });

  test('a secret that was replaced by hand reaches all, though the first who takes it cannot be started at once', () => {
    const seen = seenIn([
      { do: 'operator', verb: 'down', agent: 'ada' },
      flow(2),
      { do: 'rotate', credential: 'max' },
      { do: 'bad-start', agent: 'bob' },
      live(20),
    ]);
    const failed = seen
      .filter(({ event }) => event.type === 'spawn-failed')
      .map(({ event }) => 'agent' in event && event.agent);
    const { agents, ledger } = seen.at(-1)?.after ?? emptyFleet;
    expect(failed).toEqual(['bob']);
    expect(['bob', 'cyd'].map((name) => agents[name]?.fingerprint)).toEqual(['max-1', 'max-1']);
    expect(ledger['max']?.roll).toBeNull();
  });

  test('a paused agent is not given up while nobody knows whether its process was started', () => {
    const seen = seenIn([
      { do: 'operator', verb: 'change', agent: 'cmd' },
      pause('cmd'),
      flow(2),
      pass(FIVE_MINUTES_MS),
      TICK,
    ]);
    expect(seen.at(-1)?.after.agents['cmd']?.state).toMatchObject({
      at: 'starting',
      run: { id: '000015', shim: null },
    });
  });

  test('no other message is written into a process of which nobody knows whether it has the one before', () => {
    // The model throws when a process is given a message while it has another one.
    const seen = seenIn([
      { do: 'die', which: 0, code: 0, hint: null },
      { do: 'api', which: 0, kind: 'unknown', stays: true },
      { do: 'rotation', credential: 'max', to: 'good', rounds: 60 },
      TICK,
      { do: 'hang', agent: 'bob', rounds: 0 },
      flow(1),
      { do: 'daemon', cutsWrite: false, worksOn: 'half' },
      { do: 'obey', which: 0, fails: true, cuts: false },
      live(1),
    ]);
    const { bob } = seen.at(-1)?.after.agents ?? {};
    expect(bob?.counts.byCause.crash).toBe(1);
  });

  test('who is being deleted takes no message any more, which would be gone with it and was promised to somebody', () => {
    const seen = seenIn([flow(4), { do: 'operator', verb: 'delete', agent: 'bob' }, send('bob')]);
    expect(seen.at(-1)?.event.type).toBe('message');
    expect(seen.at(-1)?.after.agents['bob']).toMatchObject({ deleting: true, queue: [] });
  });
});
