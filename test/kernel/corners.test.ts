import { describe, expect, test } from 'vitest';
import type { Failure, StreamFact } from '../../src/kernel/facts.ts';
import type { Agent } from '../../src/kernel/fleet.ts';
import type { AgentSpec, CredentialSpec } from '../../src/kernel/spec.ts';
import { failureOf } from './api.ts';
import { ADA, declared, MAX } from './fleet-of.ts';
import type { Model } from './model.ts';
import { BOB, hear, latch, livingOf, play, report, S, submit, weather, type Played } from './short-history.ts';
import { ask, HOUR_MS, MINUTE_MS, type Act } from './timeline.ts';

/** What seldom happens, and what becomes of it. */

const agentOf = ({ model }: Played, name = 'ada'): Agent => {
  const agent = model.fleet.agents[name];
  if (agent === undefined) throw new Error(`there is no ${name}`);
  return agent;
};
const scopes = ({ incidents }: Played): readonly string[] => incidents.map(({ scope, key }) => `${scope} ${key}`);
const does = (at: number, act: (model: Model) => void): Act => ({ at, act });

const failed = (failure: Failure | null): StreamFact => ({
  fact: 'turn-ended',
  outcome: 'failed',
  local: false,
  failure,
  sessionId: null,
  totalCostUsd: 1,
});

const asCredential = (change: Partial<CredentialSpec>): Act =>
  submit(1, { type: 'credential-declared', spec: { ...MAX, ...change } });

describe('a credential', () => {
  const LOGIN = asCredential({ type: 'stored-login', from: null, configDir: '/home/ada/.claude' });
  const sourceOf = (tokenSource: string): Act =>
    does(2, (model) => {
      model.submit({ type: 'restart-asked', agent: 'ada', how: 'now', reason: null });
      model.tokenSource = tokenSource;
    });

  test('that is a stored login may go by any name but those of what is injected', () => {
    const wrong = play([ADA], 10 * S, LOGIN, sourceOf('ANTHROPIC_API_KEY'));
    const right = play([ADA], 10 * S, LOGIN, sourceOf('/login managed key'));
    expect([agentOf(wrong).health, agentOf(right).health]).toEqual(['held', 'unknown']);
  });

  test('that nobody has declared is not compared with what is used, and its costs are notional', () => {
    const played = play([{ ...ADA, credentials: [], file: null }], 20 * S, sourceOf('oauth'), ask(10 * S, 'ada'));
    expect(agentOf(played)).toMatchObject({ health: 'healthy', costUsd: 0 });
    expect(agentOf(played).notionalUsd).toBeGreaterThan(0);
  });

  test('is the same under two names when its secret is, and goes by the first of them', () => {
    const key: AgentSpec = { ...BOB, credentials: ['key'] };
    const same = does(0, ({ api }) => {
      for (const name of ['max', 'key']) api.filesOf(name).current = '01234567';
    });
    const played = play(
      [ADA, key],
      20 * S,
      same,
      does(1, (model) => {
        for (const agent of ['ada', 'bob']) model.submit({ type: 'restart-asked', agent, how: 'now', reason: null });
      }),
      latch(9 * S, 'ada', 'auth'),
      latch(9 * S, 'bob', 'auth'),
      weather(9 * S, 'ada', 'auth'),
      ask(10 * S, 'ada'),
      ask(11 * S, 'bob'),
    );
    expect(scopes(played)).toContain('window key');
  });

  test('of a HOME is shared by all who declare none, and not with who brings a login along', () => {
    const together = (change: Partial<AgentSpec>): readonly string[] => {
      const bare = { ...ADA, credentials: [] };
      return scopes(
        play(
          [bare, { ...bare, name: 'bob', ...change }],
          20 * S,
          latch(9 * S, 'ada', 'auth'),
          latch(9 * S, 'bob', 'auth'),
          weather(9 * S, 'ada', 'auth'),
          ask(10 * S, 'ada'),
          ask(11 * S, 'bob'),
        ),
      );
    };
    expect(together({})).toContain('window login:undefined');
    for (const own of [
      { env: { ANTHROPIC_API_KEY: 'x' } },
      { envPass: ['CLAUDE_CODE_OAUTH_TOKEN'] },
      { envFile: '/srv/env' },
    ])
      expect(together(own)).toContain('upstream upstream');
  });
});

describe('a hold for a person', () => {
  test('is there again, without a plan, when an operator restarts the agent and it does not answer', () => {
    const silent = play(
      [{ ...ADA, watch: { ...ADA.watch, turnSilenceMs: HOUR_MS } }],
      20 * MINUTE_MS,
      latch(9 * S, 'ada', 'billing'),
      ask(10 * S, 'ada'),
      does(11 * S, (model) => void model.speechless.add('ada')),
      submit(MINUTE_MS, { type: 'restart-asked', agent: 'ada', how: 'now', reason: null }),
    );
    expect(agentOf(silent)).toMatchObject({ health: 'held', recovery: { stage: 'held', next: null } });
    expect(Object.values(silent.model.fleet.incidents).map(({ gates }) => gates['max']?.next)).toEqual([null]);
  });
});

describe('a limit', () => {
  test('without an end is looked at now and then', () => {
    const capped = { ...failureOf('capped', 0), resetsAt: null };
    const played = play([ADA], MINUTE_MS, hear(10 * S, 'ada', failed(capped)));
    expect(agentOf(played)).toMatchObject({ health: 'capped', patience: { until: { at: 1_000_000 + 610 * S } } });
  });

  test('of a model that nobody has named is one of the whole credential', () => {
    const nameless = { ...ADA, claude: { ...ADA.claude, model: null } };
    const played = play([nameless], MINUTE_MS, hear(10 * S, 'ada', failed(failureOf('throttled', 0))));
    expect(scopes(played)).toEqual(['tier max']);
  });
});

describe('two troubles of one credential', () => {
  const quiet: AgentSpec = {
    ...ADA,
    auth: { ...ADA.auth, quiet: { ...ADA.auth.quiet, delayMsMin: 600_000, delayMsMax: 600_000 } },
    watch: { ...ADA.watch, turnSilenceMs: HOUR_MS },
  };

  test('that each wait for their own time wait for the later one once a window holds both', () => {
    const names = ['ada', 'bob', 'cyd', 'dot'];
    const played = play(
      names.map((name) => ({ ...quiet, name })),
      510 * S,
      ...names.map((name) => latch(9 * S, name, 'auth')),
      does(9 * S, (model) => void model.speechless.add('ada').add('bob').add('cyd')),
      ask(10 * S, 'ada'),
      ask(80 * S, 'bob'),
      ask(500 * S, 'cyd'),
      ask(505 * S, 'dot'),
    );
    const [merged, ...others] = Object.values(played.model.fleet.incidents);
    expect([merged?.scope, merged?.open, others]).toEqual(['window', names, []]);
    // Cyd tries for all, and what was planned waits for it.
    expect(merged?.gates['max']).toMatchObject({ canary: 'cyd', next: null });
  });

  test('have one plan, the later of theirs, when nobody tries', () => {
    const names = ['ada', 'bob', 'cyd'];
    const played = play(
      names.map((name) => ({ ...quiet, name })),
      405 * S,
      ...names.map((name) => latch(9 * S, name, 'auth')),
      does(9 * S, (model) => void model.speechless.add('ada').add('bob')),
      ask(10 * S, 'ada'),
      ask(80 * S, 'bob'),
      // Upstream holds all of them: on the other credential somebody was rejected, too.
      does(395 * S, (model) => model.submit(declared({ ...quiet, name: 'kim', credentials: ['key'] }))),
      submit(395 * S, { type: 'desired', agent: 'kim', desired: 'up' }),
      latch(396 * S, 'kim', 'auth'),
      does(396 * S, (model) => void model.speechless.add('kim').add('cyd')),
      ask(400 * S, 'kim'),
      ask(401 * S, 'cyd'),
    );
    const [merged] = Object.values(played.model.fleet.incidents);
    expect(merged?.scope).toBe('upstream');
    expect(merged?.gates['max']).toMatchObject({ next: { at: 1_000_000 + 980 * S } });
  });
});

describe('what is declared', () => {
  test('with its variables in another order needs no new process', () => {
    const env = { ONE: '1', TWO: '2' };
    const played = play([{ ...ADA, env }], 20 * S, submit(10 * S, declared({ ...ADA, env: { TWO: '2', ONE: '1' } })));
    expect(agentOf(played).restart).toBeNull();
    expect(played.model.processes).toHaveLength(1);
  });
});

describe('what the host reports', () => {
  test('of a frame that was not written says nothing once the agent has it', () => {
    const played = play(
      [ADA],
      20 * S,
      does(10 * S, (model) => {
        model.send('ada');
        const uuid = agentOf({ ...nothing, model }).turn?.uuid ?? '';
        while (model.pending.length > 0) model.obey(0, { fails: false });
        const process = livingOf(model, 'ada');
        process?.progress({ tools: false, partial: false });
        if (process === undefined) return;
        model.read(process, Infinity);
        model.submit({ type: 'not-written', agent: 'ada', run: process.run, uuid, partial: false });
      }),
    );
    expect(agentOf(played)).toMatchObject({ restart: null, health: 'healthy', queue: [] });
    expect(played.model.processes).toHaveLength(1);
  });

  test('of a frame that was begun is settled by its echo', () => {
    const begun = (bytes: number): Act =>
      does(10 * S, (model) => {
        model.send('ada');
        const agent = agentOf({ ...nothing, model });
        const process = livingOf(model, 'ada');
        if (process === undefined) return;
        model.submit({ type: 'writing', agent: 'ada', run: process.run, uuid: agent.turn?.uuid ?? '', bytes });
        const [deliver] = model.pending;
        if (deliver?.type === 'deliver') process.take(deliver);
        process.progress({ tools: false, partial: false });
        model.restartDaemon({ cutsWrite: false });
      });
    const played = play([ADA], 20 * S, begun(70_000));
    expect(agentOf(played)).toMatchObject({ restart: null, health: 'healthy' });
    expect(played.model.processes).toHaveLength(1);
  });

  test('of memory that cannot be had renews nobody', () => {
    const limited = { ...ADA, memory: { maxBytes: 1 } };
    const unknown = report(10 * S, 'ada', (name) => ({
      type: 'measured',
      ...name,
      silentMs: 0,
      rssBytes: null,
      cpuMs: null,
    }));
    expect(play([limited], 20 * S, unknown).model.processes).toHaveLength(1);
  });
});

describe('what an agent says', () => {
  test('of a turn that failed without a word is of an unknown cause', () => {
    const played = play([ADA], 20 * S, hear(10 * S, 'ada', failed(null)));
    expect(agentOf(played).lastTurn).toMatchObject({ outcome: 'failed', cause: 'unknown' });
  });
});

describe('a conversation whose last good answer is gone', () => {
  test('is resumed as it is, and says so', () => {
    const played = play(
      [ADA],
      30 * S,
      ask(10 * S, 'ada'),
      report(20 * S, 'ada', (name) => ({
        type: 'exited',
        ...name,
        code: 1,
        at: null,
        hint: 'anchor-missing',
        detail: '',
      })),
    );
    const changes = played.commands.filter(
      (command) => command.type === 'record' && command.event === 'session-changed',
    );
    expect(changes).toHaveLength(1);
    expect(agentOf(played).session).toMatchObject({ tail: 'clean', number: 0 });
  });
});

describe('a limited agent that was rejected before', () => {
  test('is out of that trouble by the answer of a smaller model, and still limited', () => {
    const played = play(
      [ADA],
      20 * S,
      latch(9 * S, 'ada', 'auth'),
      weather(9 * S, 'ada', 'throttled'),
      ask(10 * S, 'ada'),
      hear(15 * S, 'ada', {
        fact: 'answered',
        messageId: 'msg_small',
        model: 'claude-haiku-4-5',
        uuid: null,
        requestId: null,
        usedTools: false,
        sidechain: true,
      }),
    );
    expect(agentOf(played)).toMatchObject({ health: 'healthy', recovery: null, patience: { tier: 'opus' } });
  });
});

const nothing: Omit<Played, 'model'> = { attempts: [], incidents: [], commands: [], seen: [] };
