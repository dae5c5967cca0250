import { describe, expect, test } from 'vitest';
import { localTime } from '../../src/wording/local-times.ts';
import type { AgentView, Message, Model } from '../../src/tui/model.ts';
import { topView } from '../../src/tui/model.ts';
import { bodyOf } from '../../src/tui/body.ts';
import { agentKind, agentView, HISTORY_KEPT_MAX } from '../../src/tui/views/agent.ts';
import { agentRow, eventRow, incidentRow } from '../cli/rows.ts';
import {
  ago,
  ASCII,
  boardAgent,
  change,
  description,
  explanation,
  fleetOf,
  history,
  HOUR,
  MINUTE,
  modelOf,
  NOW,
  PLAIN,
  SIZES,
  spec,
  textsOf,
} from './models.ts';
import { night } from './night.ts';
import { descriptionOf, historyOf, screenOf } from './played.ts';

const TALL = 400;

/** All that the view holds, as people read it. */
const wholeOf = (model: Model, view: AgentView, columns = 120): string =>
  textsOf(agentKind.lines(model, view, { columns, rows: TALL })).join('\n');

const readView = (rest: Partial<AgentView> = {}): AgentView => ({
  ...agentView('reviewer'),
  description: description(),
  history: [],
  ...rest,
});

const played = (columns: number): string => {
  const world = night();
  const view: AgentView = { ...agentView('ada'), description: descriptionOf(world), history: historyOf(world) };
  return wholeOf(screenOf(world), view, columns);
};

describe('an agent after a night', () => {
  test.each(SIZES.map(({ columns }) => columns))(
    'says at %d columns what is, why, what comes next, what to do',
    (columns) => {
      const words = played(columns).replaceAll(/\s+/g, ' ');
      expect(words).toContain('ada is up and quiet: it waits for an attempt, 1 message waits.');
      expect(words).toContain('why New processes are rejected too; attempts are spaced until one is answered.');
      expect(words).toContain('you To try now: agentvisor restart ada');
      expect(words).not.toMatch(/\d{4}-\d\d-\d\dT\d\d:/);
    },
  );

  test.each(SIZES.map(({ columns }) => columns))(
    'tells at %d columns each restart with its cause, outcome and time down',
    (columns) => {
      const lines = played(columns).split('\n');
      const recovered = lines.filter((each) => each.includes('recovered'));
      expect(recovered).toHaveLength(2);
      expect(recovered[1]).toMatch(/restart +auth-wi.* +4 in i\d+ +recovered +20m/);
      expect(lines.find((each) => each.includes('stopped'))).toMatch(/stop +operator +stopped +-/);
    },
  );

  test('has room for the run and for what was said on a wide screen only', () => {
    expect(played(200)).toMatch(/restart +signal +ready +1\.\ds +#\d{6} +exit code 139: Segmentation fault; lived/);
    expect(played(60)).not.toMatch(/Segmentation|#\d{6}/);
  });

  test('has receipts: what failed, how often it was tried, what answered', () => {
    expect(played(120)).toMatch(/i\d+ auth-window: req_1 failed, 4 attempts, answered by msg_ada_a1, down for 20m/);
  });
});

test('the newest restart stands first', () => {
  const rows = [
    history({ at: ago(2 * HOUR), event: 'restarting', run: '000002', cause: 'crash' }),
    history({ at: ago(HOUR), event: 'restarting', run: '000003', cause: 'memory' }),
  ];
  const text = wholeOf(modelOf(), readView({ history: rows }));
  expect(text.indexOf('memory')).toBeLessThan(text.indexOf('crash'));
});

test('a process that is still down is down until now', () => {
  const rows = [history({ at: ago(5 * MINUTE), event: 'exited', cause: 'crash', detail: 'exit code 1' })];
  expect(wholeOf(modelOf(), readView({ history: rows }))).toMatch(/end +crash +under way +5m\+/);
});

test('the receipt of an incident knows more than the history', () => {
  const at = ago(HOUR);
  const told = history({
    at,
    event: 'recovered',
    detail: 'answered msg_2 after 1 attempt(s), 60.0 s',
    cause: 'auth-session',
  });
  const receipt = { agent: 'reviewer', failedRequestId: 'req_9', attempts: 1, messageId: 'msg_2', at, downMs: 60_000 };
  const model = modelOf({ fleet: fleetOf({ incidents: [incidentRow({ recoveries: [receipt], receipt })] }) });
  const text = wholeOf(model, readView({ history: [told] }));
  expect(text.match(/answered by/g)).toHaveLength(1);
  expect(text).toContain('i7 auth-session: req_9 failed, 1 attempt, answered by msg_2, down for 1m');
});

test('the last turn, the session, versions and what it is given are told, and no value of its environment', () => {
  const lastTurn = {
    startedAt: ago(HOUR),
    endedAt: ago(HOUR - 3_000),
    outcome: 'failed',
    cause: 'overloaded',
    status: 529,
    requestId: 'req_3',
  } as const;
  const row = agentRow({ lastTurn, sessionId: 'b1e1', claudeVersion: '2.1.195', model: 'opus', mode: 'stream' });
  const given = spec({ env: { TOKEN_FILE: '(set)' }, envPass: ['SSH_AUTH_SOCK'], envFile: '/srv/env' });
  const model = modelOf({ fleet: fleetOf({ agents: [{ ...boardAgent(), row, fallback: 'spare' }] }) });
  const text = wholeOf(model, readView({ description: description({ agent: row, spec: given }) }));
  expect(text).toContain(
    ` outcome         failed overloaded 529\n began           ${localTime(ago(HOUR))}\n took            3.0s`,
  );
  expect(text).toContain(' request         req_3');
  expect(text).toContain(' session         b1e1');
  expect(text).toContain(' claude          2.1.195');
  expect(text).toContain(' works on        spare, while its own credential is in trouble');
  expect(text).toContain('ENVIRONMENT\n TOKEN_FILE  (set)\n SSH_AUTH_SOCK  (as it was set where its file was started)');
});

test('what is not read yet is called so, and the agent is explained all the same', () => {
  const fleet = fleetOf({ agents: [boardAgent({}, { explanation: explanation({ is: 'reviewer is up.' }) })] });
  const text = wholeOf(modelOf({ fleet }), agentView('reviewer'));
  expect(text).toContain(' reviewer is up.\n\n LAST 24 HOURS\n not read yet');
  expect(text).toContain(' RESTARTS\n not read yet');
});

test('without a daemon the day is unknown and the history is not', () => {
  const rows = [history({ event: 'restarting', cause: 'crash', run: '000002' })];
  const text = wholeOf(modelOf({ link: { at: 'offline', alive: 1 } }), { ...agentView('reviewer'), history: rows });
  expect(text).toContain(' known to the daemon alone, which does not run');
  expect(text).toMatch(/restart +crash/);
});

test('an agent that was removed is called so, with what was known of it; one that never was has nothing', () => {
  const model = modelOf({ fleet: fleetOf({ agents: [] }) });
  const rows = [history({ event: 'deleted', cause: 'operator' })];
  expect(wholeOf(model, readView({ history: rows }))).toMatch(
    /^ reviewer was removed\. Below is what was known of it\./,
  );
  expect(wholeOf(model, readView({ history: rows }))).toContain(' run folder      /srv/home');
  expect(wholeOf(model, agentView('nobody'))).toMatch(/^ There is no agent nobody\./);
  expect(wholeOf(modelOf({ fleet: null }), agentView('reviewer'))).toContain('the daemon has not answered yet');
});

test('without Unicode all is plain ASCII', () => {
  const world = night();
  const view: AgentView = { ...agentView('ada'), description: descriptionOf(world), history: historyOf(world) };
  // oxlint-disable-next-line no-control-regex -- all of ASCII
  expect(wholeOf(screenOf(world, { look: ASCII }), view)).toMatch(/^[\u0000-\u007f]*$/);
  expect(wholeOf(screenOf(world, { look: PLAIN }), view)).toContain('█');
});

describe('keys', () => {
  const size = { columns: 80, rows: 24 };
  const world = night();
  const open: AgentView = { ...agentView('ada'), description: descriptionOf(world), history: historyOf(world) };
  const press = (key: string, model: Model): Model => {
    const binding = agentKind.keymap.find(({ keys }) => keys.includes(key));
    return binding?.press(model, topView(model) as AgentView).model ?? model;
  };
  const begin = modelOf({ ...screenOf(world, { size }) }, open);
  const shown = (...keys: readonly string[]): readonly string[] => {
    const model = keys.reduce((before, key) => press(key, before), {
      ...begin,
      views: [begin.views[0], open],
    } as Model);
    return textsOf(agentKind.lines(model, topView(model) as AgentView, bodyOf(model)));
  };
  const [first = '', second = ''] = shown();

  test('go a line, a page, to the begin and to the end, and no farther', () => {
    expect(shown('j')[0]).toBe(second);
    expect(shown('j', 'k', 'k')[0]).toBe(first);
    expect(shown('G', 'g')[0]).toBe(first);
    expect(shown('G').at(-1)).toBe(' credentials     max');
    expect(shown('G', 'j').at(-1)).toBe(' credentials     max');
    expect(shown('G', 'k').at(-1)).not.toBe(' credentials     max');
    expect(shown('pgdn')[0]).toBe(shown().at(-1));
    expect(shown('ctrl-d')[0]).toBe(shown()[9]);
    expect(shown('pgdn', 'ctrl-d', 'ctrl-u', 'pgup')[0]).toBe(first);
  });

  test('go from section to section', () => {
    expect(shown(']')[0]).toMatch(/^ LAST 24 HOURS/);
    expect(shown(']', ']')[0]).toMatch(/^ RESTARTS/);
    expect(shown(']', ']', '[')[0]).toMatch(/^ LAST 24 HOURS/);
    expect(shown('[')[0]).toBe(first);
  });
});

describe('hearing', () => {
  const model = modelOf();
  const hear = (view: AgentView, message: Message): ReturnType<typeof agentKind.hear> =>
    agentKind.hear(model, view, message);
  const changed = (what: Parameters<typeof change>[0]): Message => ({ type: 'changed', change: change(what) });
  const ready = eventRow({ at: ago(0), event: 'ready' });

  test('what was read fills it, of its own name alone', () => {
    const rows = [history()];
    const message = { type: 'agent-read', name: 'reviewer', description: description(), history: rows } as const;
    expect(hear(agentView('reviewer'), message).view).toMatchObject({
      description: { runFolder: expect.any(String) },
      history: rows,
    });
    expect(hear(agentView('other'), message).view.history).toBeNull();
  });

  test('events of this agent go on with the history, once each', () => {
    const { view, effects } = hear(readView(), changed({ events: [ready, eventRow({ agent: 'other' })] }));
    expect(view.history).toEqual([expect.objectContaining({ event: 'ready', at: ago(0) })]);
    expect(view.history?.[0]).not.toHaveProperty('agent');
    expect(hear(view, changed({ events: [ready] })).view.history).toHaveLength(1);
    expect(effects).toEqual([]);
  });

  test('an event that came while the answer was on its way stays', () => {
    const late = hear(readView(), changed({ events: [ready] })).view;
    const message = { type: 'agent-read', name: 'reviewer', description: null, history: [history()] } as const;
    const { view } = hear(late, message);
    expect(view.history?.map(({ at }) => at)).toEqual([ago(HOUR), ago(0)]);
    expect(view.description).not.toBeNull();
    expect(hear(late, { ...message, history: [] }).view.history).toHaveLength(1);
  });

  test('it reads again when a turn or a run has ended, and once for each change', () => {
    const news = boardAgent({ lastGoodTurnAt: ago(0) });
    const first = hear(readView(), changed({ agents: [news] }));
    expect(first.effects).toEqual([{ type: 'read-agent', name: 'reviewer' }]);
    expect(hear(first.view, changed({ agents: [news] })).effects).toEqual([]);
    expect(hear(readView(), changed({ agents: [boardAgent({ cpu: 3, queued: 2 })] })).effects).toEqual([]);
    expect(hear(readView(), changed({ agents: [boardAgent({ name: 'other', restarts: 9 })] })).effects).toEqual([]);
    expect(hear(agentView('reviewer'), changed({ agents: [news] })).effects).toEqual([]);
  });

  test('after a new connection it reads again, unless the agent is gone', () => {
    const board: Message = { type: 'board', fleet: fleetOf() };
    expect(hear(readView(), board).effects).toEqual([{ type: 'read-agent', name: 'reviewer' }]);
    expect(agentKind.hear(modelOf({ fleet: fleetOf({ agents: [] }) }), readView(), board).effects).toEqual([]);
    expect(hear(readView(), { type: 'tick' }).effects).toEqual([]);
  });

  test('only so much of a history is kept, and what is left out is said', () => {
    const rows = Array.from({ length: HISTORY_KEPT_MAX + 3 }, (_, index) =>
      history({ at: new Date(NOW - DAYS_MS + index).toISOString(), event: 'paused' }),
    );
    const { view } = hear(agentView('reviewer'), {
      type: 'agent-read',
      name: 'reviewer',
      description: null,
      history: rows,
    });
    expect(view).toMatchObject({ dropped: 3, history: { length: HISTORY_KEPT_MAX } });
    const more = hear(view, changed({ events: [ready] })).view;
    expect(more).toMatchObject({ dropped: 4, history: { length: HISTORY_KEPT_MAX } });
    expect(wholeOf(model, more)).toContain(' older ones: agentvisor history reviewer');
  });
});

const DAYS_MS = 3 * 24 * HOUR;
