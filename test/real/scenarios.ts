import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Driven, Line } from '../stand-in/drive.ts';
import type { FaultScript } from '../stand-in/script.ts';

const TOOL_TIMEOUT_MS = 20_000;

/** Starts a process of one conversation; the flags are those after the ones that every agent gets. */
export type Start = (...flags: readonly string[]) => Driven;
export type Scenario = {
  readonly title: string;
  readonly script: FaultScript;
  /** `ending`: only how the processes ended, because what they print hangs on the moment. @default 'all' */
  readonly compare?: 'all' | 'ending';
  readonly play: (start: Start, session: string) => Promise<void>;
};

const isResult = (line: Line): boolean => line['type'] === 'result';
const isInit = (line: Line): boolean => line['subtype'] === 'init';
const isRetry = (attempt: number) => (line: Line) => line['subtype'] === 'api_retry' && line['attempt'] === attempt;

async function end(agent: Driven): Promise<void> {
  await agent.end();
}

/** A good turn, one under a fault, a good one. */
function faulty(fault: Parameters<typeof failing>[0]): Scenario {
  return {
    title: `a good turn, one under ${fault}, a good one`,
    script: failing(fault),
    play: async (start, session) => {
      const agent = start('--session-id', session);
      for (const text of ['one', 'two', 'three']) await agent.turn(text);
      await end(agent);
    },
  };
}

function failing(fault: '401' | '401bearer' | '401expired' | '403revoked' | '429cap' | '400credit'): FaultScript {
  return { faults: [{ when: { turn: 2 }, do: { api: fault } }] };
}

/** These are retried for minutes: the first retries are enough, and an interruption ends it. */
function retried(fault: '529' | '500' | 'drop'): Scenario {
  return {
    title: `the first retries under ${fault}, and an interruption`,
    script: { faults: [{ do: { api: fault } }] },
    play: async (start, session) => {
      const agent = start('--session-id', session);
      agent.say('one');
      await agent.line(isRetry(3));
      agent.control('interrupt');
      await agent.line(isResult);
      await end(agent);
    },
  };
}

const HANG: FaultScript = { faults: [{ when: { contains: 'hang' }, do: { api: 'hang' } }] };
const SLOW: FaultScript = { faults: [{ when: { contains: 'slow' }, do: { delayMs: 1_000 } }] };
const TOOL: FaultScript = {
  faults: [
    { when: { contains: 'fails' }, do: { tool: { command: 'echo API Error: 401; exit 3' }, answer: 'it failed' } },
    { when: { contains: 'tool' }, do: { tool: { command: 'echo hello' }, answer: 'it said hello' } },
  ],
};

export const SCENARIOS: readonly Scenario[] = [
  faulty('401'),
  faulty('401bearer'),
  faulty('401expired'),
  faulty('403revoked'),
  faulty('429cap'),
  faulty('400credit'),
  retried('529'),
  retried('500'),
  retried('drop'),
  {
    title: 'a 401 that a retry heals',
    script: { faults: [{ when: { attempt: { until: 1 } }, do: { api: '401' } }] },
    play: async (start, session) => {
      const agent = start('--session-id', session);
      await agent.turn('one');
      await end(agent);
    },
  },
  {
    title: 'initialize, before any message and after one',
    script: {},
    play: async (start, session) => {
      const agent = start('--session-id', session);
      agent.control('initialize');
      await agent.line((line) => line['type'] === 'control_response');
      await agent.turn('one');
      agent.control('nonsense');
      await agent.line((line) => JSON.stringify(line).includes('nonsense'));
      await end(agent);
    },
  },
  {
    title: 'an interruption in a turn, and messages that waited for it',
    script: HANG,
    play: async (start, session) => {
      const agent = start('--session-id', session);
      agent.say('hang');
      await agent.line(isInit);
      agent.say('first');
      agent.say([{ type: 'text', text: 'second' }]);
      agent.control('interrupt');
      await agent.line(isResult);
      await agent.line((line) => isResult(line) && line['is_error'] === false);
      await end(agent);
    },
  },
  {
    title: 'a message whose id was seen: after it was answered, and after it failed',
    script: { faults: [{ when: { contains: 'bad' }, do: { api: '400credit' } }] },
    play: async (start, session) => {
      const agent = start('--session-id', session);
      const good = randomUUID();
      const bad = randomUUID();
      await agent.turn('good', good);
      agent.say('good', good);
      await agent.turn('bad', bad);
      agent.say('bad', bad);
      await agent.turn('last');
      await end(agent);
    },
  },
  {
    title: 'a message whose id is that of the running turn',
    script: SLOW,
    play: async (start, session) => {
      const agent = start('--session-id', session);
      const id = agent.say('slow', randomUUID());
      await agent.line(isInit);
      agent.say('slow', id);
      await agent.line(isResult);
      await end(agent);
    },
  },
  {
    title: 'two messages while a turn runs become one turn',
    script: SLOW,
    play: async (start, session) => {
      const agent = start('--session-id', session);
      agent.say('slow');
      await agent.line(isInit);
      agent.say('first');
      agent.say('second');
      await agent.line(isResult);
      await end(agent);
    },
  },
  {
    title: 'tools that work and that fail',
    script: TOOL,
    play: async (start, session) => {
      const agent = start('--session-id', session, '--allowedTools', 'Bash');
      await agent.turn('use a tool');
      await agent.turn('use one that fails');
      await end(agent);
    },
  },
  {
    title: 'a resumed conversation, with the ids that it knows',
    script: { faults: [{ when: { contains: 'bad' }, do: { api: '400credit' } }] },
    play: async (start, session) => {
      const first = start('--session-id', session);
      const good = randomUUID();
      const bad = randomUUID();
      await first.turn('good', good);
      await first.turn('bad', bad);
      await end(first);
      const second = start('--resume', session);
      second.say('good', good);
      second.say('bad', bad);
      await second.turn('next');
      await end(second);
    },
  },
  {
    title: 'a conversation resumed at its last good answer',
    script: { faults: [{ when: { contains: 'bad', process: 1 }, do: { api: '400credit' } }] },
    play: async (start, session) => {
      const first = start('--session-id', session);
      await first.turn('good');
      const bad = first.say('bad', randomUUID());
      await first.line((line) => isResult(line) && line['is_error'] === true);
      await end(first);
      const answer = first.lines.find((line) => line['type'] === 'assistant')?.['uuid'];
      const second = start('--resume', session, '--resume-session-at', String(answer));
      second.say('bad', bad);
      await second.turn('bad', randomUUID());
      await end(second);
      const third = start('--resume', session);
      await third.turn('later');
      await end(third);
    },
  },
  {
    title: 'a forked conversation',
    script: {},
    play: async (start, session) => {
      const first = start('--session-id', session);
      await first.turn('one');
      await end(first);
      const second = start('--resume', session, '--fork-session', '--session-id', randomUUID());
      await second.turn('two');
      await end(second);
    },
  },
  {
    title: 'a message that its process died of, sent again under its id',
    script: { faults: [{ when: { process: 1, contains: 'hang' }, do: { api: 'hang' } }] },
    play: async (start, session) => {
      const first = start('--session-id', session);
      await first.turn('one');
      const id = first.say('hang', randomUUID());
      await first.line((line) => isInit(line), first.texts.length);
      await first.kill('SIGTERM');
      const second = start('--resume', session);
      second.say('hang', id);
      await second.turn('next');
      await end(second);
    },
  },
  {
    title: 'sessions that cannot be opened',
    script: {},
    play: async (start, session) => {
      await start('--resume', session).exited;
      await start('--resume', 'nonsense').exited;
      await start('--session-id', 'nonsense').exited;
      const first = start('--session-id', session);
      await first.turn('one');
      await end(first);
      await start('--session-id', session).exited;
      await start('--resume', session, '--session-id', randomUUID()).exited;
      await start('--resume', session, '--resume-session-at', randomUUID()).exited;
    },
  },
  {
    title: 'a half line with the next one glued to it',
    script: {},
    play: async (start, session) => {
      const agent = start('--session-id', session);
      await agent.turn('one');
      agent.write('{"type":"user","message":{"role":"us');
      agent.say('two');
      await agent.exited;
    },
  },
  ...(['SIGTERM', 'SIGINT', 'SIGHUP'] as const).map((signal) => ({
    title: `${signal} between turns`,
    script: {},
    play: async (start: Start, session: string) => {
      const agent = start('--session-id', session);
      await agent.turn('one');
      await agent.kill(signal);
    },
  })),
  ...(['SIGTERM', 'SIGHUP'] as const).map((signal) => ({
    title: `${signal} in a turn`,
    script: HANG,
    play: async (start: Start, session: string) => {
      const agent = start('--session-id', session);
      agent.say('hang');
      await agent.line(isInit);
      await agent.kill(signal);
    },
  })),
  {
    // Whether a result is printed hangs on whether the request had left; the exit code says 0 either way.
    title: 'SIGINT in a turn',
    script: HANG,
    compare: 'ending',
    play: async (start, session) => {
      const agent = start('--session-id', session);
      agent.say('hang');
      await agent.line(isInit);
      await agent.kill('SIGINT');
    },
  },
  {
    title: 'an interruption while a tool runs',
    script: { faults: [{ do: { tool: { command: 'touch running && sleep 20' } } }] },
    play: async (start, session) => {
      const agent = start('--session-id', session, '--allowedTools', 'Bash');
      agent.say('one');
      await agent.line((line) => line['type'] === 'assistant');
      await expect.poll(() => existsSync(join(agent.home, 'running')), { timeout: TOOL_TIMEOUT_MS }).toBe(true);
      agent.control('interrupt');
      await agent.line(isResult);
      await end(agent);
    },
  },
  {
    title: 'the end of stdin in a turn, with a message waiting',
    script: SLOW,
    play: async (start, session) => {
      const agent = start('--session-id', session);
      agent.say('slow');
      await agent.line(isInit);
      agent.say('two');
      await end(agent);
    },
  },
  {
    title: 'the end of stdin before any message',
    script: {},
    play: async (start, session) => end(start('--session-id', session)),
  },
];
