import { expect, test } from 'vitest';
import type { ExitHint, ProcessEvent, RestartHow } from '../../src/kernel/events.ts';
import type { Failure, FailureKind, StreamFact } from '../../src/kernel/facts.ts';
import { runOf } from '../../src/kernel/fleet.ts';
import type { AgentSpec } from '../../src/kernel/spec.ts';
import { wall } from '../../src/kernel/moment.ts';
import { ADA, agentIn, fleetOf, START_WALL, uuidOf } from './fleet-of.ts';
import type { Habits } from './habits.ts';
import { World } from './world.ts';

/**
 * A scenario is a list of moves at typed-in times. Between them the simulated host does what its habits say and the clock
 * ticks when something is due. What comes out is a transcript, kept in a file and reviewed as a diff.
 */
export type Act = (world: World) => void;
export type Move = { readonly ms: number; readonly acts: readonly Act[] };

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `'250ms' '1.5s' '2m' '1h'`, and sums of them: `'1h 20s'`. */
export const ms = (time: string): number =>
  time.split(' ').reduce((sum, part) => {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(part);
    if (match === null) throw new Error(`${part} is no time`);
    return sum + Number(match[1]) * (UNITS[match[2] ?? ''] ?? NaN);
  }, 0);

export const at = (time: string, ...acts: readonly Act[]): Move => ({ ms: ms(time), acts });

/** Plays the moves until `until` and compares the transcript with the file of that name. */
export function scenario(name: string, until: string, moves: readonly Move[], ...specs: readonly AgentSpec[]): void {
  test(name, async () => {
    const world = play(until, moves, ...specs);
    const file = `./scenarios/${name.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase()}.txt`;
    await expect(`# ${name}\n\n${world.lines.join('\n')}\n`).toMatchFileSnapshot(file);
  });
}

export function play(until: string, moves: readonly Move[], ...specs: readonly AgentSpec[]): World {
  const world = new World(fleetOf(...(specs.length === 0 ? [ADA] : specs)));
  for (const move of moves) {
    world.runUntil(move.ms);
    for (const act of move.acts) act(world);
  }
  world.runUntil(ms(until));
  return world;
}

/** What the reader must know of all that came before. */
export const given =
  (what: string): Act =>
  (world) => {
    world.lines.length = 0;
    world.write(`# given: ${what}`);
  };
/** A line for the reader. */
export const note =
  (text: string): Act =>
  (world) =>
    world.write(`\n# ${text}`);
export const habits =
  (change: Partial<Habits>): Act =>
  (world) =>
    (world.habits = { ...world.habits, ...change });
export const roll =
  (value: number): Act =>
  (world) =>
    (world.roll = value);
/** From now on whoever is looked at has been silent for so long; null: nobody looks. */
export const measures =
  (silentMs: number | null, cpuMs: number | null = null): Act =>
  (world) =>
    (world.measured = silentMs === null ? null : { silentMs, rssBytes: null, cpuMs });
export const tokenSource =
  (source: string): Act =>
  (world) =>
    (world.tokenSource = source);

// What an operator does.
export const start =
  (agent = 'ada'): Act =>
  (world) =>
    world.submit({ type: 'desired', agent, desired: 'up' });
export const stop =
  (agent = 'ada'): Act =>
  (world) =>
    world.submit({ type: 'desired', agent, desired: 'down' });
export const restart =
  (agent = 'ada', how: RestartHow = 'interrupt'): Act =>
  (world) =>
    world.submit({ type: 'restart-asked', agent, how, reason: null });
export const pause =
  (agent = 'ada'): Act =>
  (world) =>
    world.submit({ type: 'paused', agent, paused: true });
export const resume =
  (agent = 'ada'): Act =>
  (world) =>
    world.submit({ type: 'paused', agent, paused: false });
export const reset =
  (agent = 'ada'): Act =>
  (world) =>
    world.submit({ type: 'reset-asked', agent });
export const notify =
  (file = '/srv/ecosystem.ts', program = 'page-me'): Act =>
  (world) =>
    world.submit({ type: 'notify-declared', file, channels: [{ command: [program] }] });
export const credentialChanges =
  (credential = 'max', fingerprint = 'ffff0000'): Act =>
  (world) => {
    world.fingerprints.set(credential, fingerprint);
    world.submit({ type: 'credential-changed', credential, fingerprint, byPerson: true });
  };
/** Claude Code keeps a login itself; only that it changed can be seen. */
export const loginChanges =
  (credential = 'max'): Act =>
  (world) =>
    world.submit({ type: 'credential-changed', credential, fingerprint: null, byPerson: false });
/** An operator replaces the secret that stands in a file. */
export const rotates =
  (to: string, credential = 'max'): Act =>
  (world) => {
    const { current } = world.files.of(credential, world.fingerprints.get(credential) ?? 'ab12cd34');
    world.submit({ type: 'rotate-asked', credential, source: '/run/token', from: current, to });
  };
export const undoes =
  (credential = 'max'): Act =>
  (world) =>
    world.submit({ type: 'undo-asked', credential });
export const filesTake =
  (delayMs: number | null): Act =>
  (world) =>
    (world.filesMs = delayMs);
export const filesRefuse =
  (problem: string | null): Act =>
  (world) =>
    (world.files.problem = problem);
/** A new daemon has looked at the files of a rotation. */
export const filesFound =
  (credential = 'max'): Act =>
  (world) =>
    world.submit(world.files.look(world.fleet, credential));
export const wakeTime =
  (agent = 'ada'): Act =>
  (world) =>
    world.submit({ type: 'wake-time', agent });
/** What the files say of the end of a secret, so many days after the start of the test. */
export const endsOnDay =
  (days: number | null, credential = 'max'): Act =>
  (world) =>
    world.submit({
      type: 'deadline-seen',
      credential,
      at: days === null ? null : wall(START_WALL + days * 86_400_000),
    });
export const remove =
  (agent = 'ada'): Act =>
  (world) =>
    world.submit({ type: 'deleted', agent });
export const declare =
  (spec: AgentSpec, environment: Readonly<Record<string, string>> = {}): Act =>
  (world) =>
    world.submit({ type: 'declared', spec, environment, seed: uuidOf(spec.name) });
export const send =
  (id: string, text = `question ${id}`, agent = 'ada'): Act =>
  (world) =>
    world.submit({ type: 'message', agent, id: uuidOf(id), text });

export const tick = (): Act => (world) => world.submit({ type: 'tick' });
// What the host reports of the current run, beyond its habits.
const report =
  (build: (name: { agent: string; run: string }) => ProcessEvent, agent = 'ada'): Act =>
  (world) =>
    world.submit(build({ agent, run: world.runOf(agent) }));

export const spawnFailed = (detail: string, agent = 'ada'): Act =>
  report((name) => ({ type: 'spawn-failed', ...name, detail }), agent);
export const neverSpawned = (): Act => report((name) => ({ type: 'never-spawned', ...name }));
export const adopted = (agent = 'ada'): Act => report((name) => ({ type: 'adopted', ...name }), agent);
export const caughtUp = (agent = 'ada'): Act => report((name) => ({ type: 'caught-up', ...name }), agent);
export const measured = (silentMs: number, rssBytes: number | null, agent = 'ada'): Act =>
  report((name) => ({ type: 'measured', ...name, silentMs, rssBytes, cpuMs: null }), agent);
export const gone = (leftovers = 0): Act => report((name) => ({ type: 'gone', ...name, leftovers }));
export const exits =
  (code: number | null, hint: ExitHint | null = null, detail = '', agent = 'ada'): Act =>
  (world) =>
    world.exited(agent, { code, hint, detail });
export const writing =
  (bytes: number): Act =>
  (world) => {
    const uuid = agentIn(world.fleet).turn?.uuid ?? '';
    world.submit({ type: 'writing', agent: 'ada', run: world.runOf('ada'), uuid, bytes });
  };
export const notWritten =
  (partial: boolean): Act =>
  (world) => {
    const uuid = agentIn(world.fleet).turn?.uuid ?? '';
    world.submit({ type: 'not-written', agent: 'ada', run: world.runOf('ada'), uuid, partial });
  };
/** A report of an earlier run that was long under way. */
export const lateReport =
  (event: ProcessEvent): Act =>
  (world) =>
    world.submit(event);

// What the agent says.
export const says =
  (fact: StreamFact, agent = 'ada'): Act =>
  (world) =>
    world.heard(agent, fact);

const MODEL = 'claude-opus-4-5';

export const turnStarts = (agent = 'ada', sessionId: string | null = null, model = MODEL): Act =>
  says({ fact: 'turn-started', sessionId, model, claudeVersion: '2.1.195', apiKeySource: 'none' }, agent);
export const answers = (
  messageId: string,
  how: { tools?: boolean; sidechain?: boolean; model?: string } = {},
  agent = 'ada',
): Act =>
  says(
    {
      fact: 'answered',
      messageId,
      model: how.model ?? MODEL,
      uuid: `uuid-of-${messageId}`,
      requestId: null,
      usedTools: how.tools ?? false,
      sidechain: how.sidechain ?? false,
    },
    agent,
  );
export const retries = (status: number | null, attempt: number, agent = 'ada', delayMs: number | null = null): Act =>
  says({ fact: 'retrying', status, error: null, attempt, delayMs }, agent);
export const limited = (resetsAt: number, agent = 'ada'): Act =>
  says({ fact: 'limited', resetsAt, limit: 'five_hour' }, agent);

export const failure = (kind: FailureKind, status: number | null, requestId: string | null, text: string): Failure => ({
  kind,
  status,
  error: null,
  text,
  requestId,
  resetsAt: null,
});

export const ends = (outcome: 'good' | 'aborted', agent = 'ada', totalCostUsd: number | null = null): Act =>
  says({ fact: 'turn-ended', local: false, outcome, failure: null, sessionId: null, totalCostUsd }, agent);

/** Claude Code dealt with the message by itself: no echo, no answer of a model. */
export const endsLocally = (agent = 'ada'): Act =>
  says({ fact: 'turn-ended', local: true, outcome: 'good', failure: null, sessionId: null, totalCostUsd: null }, agent);

/** The last of a turn that failed: the assistant's line, then the result. */
export const fails = (why: Failure, agent = 'ada'): Act =>
  all(
    says({ fact: 'refused', failure: why }, agent),
    says(
      {
        fact: 'turn-ended',
        local: false,
        outcome: 'failed',
        failure: { ...why, requestId: null },
        sessionId: null,
        totalCostUsd: null,
      },
      agent,
    ),
  );

export const all =
  (...acts: readonly Act[]): Act =>
  (world) =>
    acts.forEach((act) => act(world));

export const goodTurn = (messageId: string, agent = 'ada'): Act =>
  all(turnStarts(agent), answers(messageId, {}, agent), ends('good', agent));

/** A turn that the API rejects from its first request on. */
export const rejectedTurn = (why: Failure, agent = 'ada'): Act => all(turnStarts(agent), fails(why, agent));

export const unauthorized = (requestId: string): Failure =>
  failure('auth', 401, requestId, 'Failed to authenticate. API Error: 401 Invalid authentication credentials');
export const expired = (requestId: string): Failure =>
  failure('credential', 401, requestId, 'API Error: 401 OAuth access token has expired.');
export const throttled = (requestId: string): Failure =>
  failure('throttled', 429, requestId, 'API Error: Server is temporarily limiting requests');

/** What is heard in them was said while no daemon listened. */
export const late =
  (...acts: readonly Act[]): Act =>
  (world) => {
    world.isLate = true;
    all(...acts)(world);
    world.isLate = false;
  };

// What the world does.
export const daemonDies = (): Act => (world) => {
  world.forget();
  world.write('\n# the daemon dies and another begins; the agents live on');
};
export const reboots =
  (took: string): Act =>
  (world) => {
    world.reboot(ms(took));
    world.write(`\n# the machine reboots and takes ${took}`);
  };
export const suspends =
  (took: string): Act =>
  (world) => {
    world.suspend(ms(took));
    world.write(`\n# the machine sleeps for ${took}`);
    world.submit({ type: 'tick' });
  };
/** The daemon ends as the main process of a container does: its agents first. */
export const daemonEnds = (): Act => (world) => world.submit({ type: 'daemon-ends' });
export const daemonBegins = (): Act => (world) => world.submit({ type: 'daemon-begins' });
/** The new daemon finds nothing left of the processes of these agents. */
export const vanish =
  (agents: readonly string[]): Act =>
  (world) => {
    for (const agent of agents) {
      if (runOf(agentIn(world.fleet, agent).state) === null) continue;
      adopted(agent)(world);
      exits(null, null, '', agent)(world);
    }
  };
export const wallJumps =
  (sign: 1 | -1, by: string): Act =>
  (world) => {
    world.jumpWall(sign * ms(by));
    world.write(`\n# the wall clock is set ${sign === 1 ? 'ahead' : 'back'} by ${by}`);
  };

/** Up, in run 000002, and one good turn behind it. */
export const WORKING: readonly Move[] = [
  at('0s', start()),
  at('1s', send('m1')),
  at('1.1s', goodTurn('msg_1')),
  at('5s', given('ada is up in run 000002 and has answered m1 with msg_1')),
];
