import { describe, expect, test } from 'vitest';
import type { EventRow } from '../../src/protocol/rows.ts';
import type { Action } from '../../src/tui/action.ts';
import type { Effect, Message, Model, SortBy } from '../../src/tui/model.ts';
import { selectedAgent, shownAgents } from '../../src/tui/chosen.ts';
import { update } from '../../src/tui/update.ts';
import { ago, boardAgent, change, fleetOf, MINUTE, modelOf, NOW, openIncident } from './models.ts';

const names = ['ada', 'bob', 'cleo', 'dan'];
const agents = names.map((name, index) => boardAgent({ id: index + 1, name, namespace: index < 2 ? 'night' : 'day' }));
const four = modelOf({ fleet: fleetOf({ agents }) });

/** What the screen has become and has asked for after all of these keys. */
function press(model: Model, ...keys: readonly string[]): { model: Model; effects: readonly Effect[] } {
  const effects: Effect[] = [];
  let now = model;
  for (const key of keys) {
    const step = update(now, { type: 'key', key }, NOW);
    now = step.model;
    effects.push(...step.effects);
  }
  return { model: now, effects };
}

const hear = (model: Model, message: Message, now = NOW): Model => update(model, message, now).model;
const typed = (text: string): readonly string[] => Array.from(text);
const selected = ({ views: [fleet] }: Model): string | null => fleet.selected;
const viewsOf = ({ views }: Model): readonly string[] => views.map(({ at }) => at);

describe('moving', () => {
  test('j and k choose the agent below and above, and stop at both ends', () => {
    expect(selected(press(four, 'j').model)).toBe('bob');
    expect(selected(press(four, 'down', 'down', 'k').model)).toBe('bob');
    expect(selected(press(four, 'k').model)).toBe('ada');
    expect(selected(press(four, ...Array.from({ length: 9 }, () => 'j')).model)).toBe('dan');
  });

  test('G and g choose the last and the first agent', () => {
    expect(selected(press(four, 'G').model)).toBe('dan');
    expect(selected(press(four, 'G', 'g').model)).toBe('ada');
  });

  test('the chosen agent stays chosen when another one gets into trouble and moves to the top', () => {
    const chosen = press(four, 'j').model;
    const news = change({ agents: [boardAgent({ id: 4, name: 'dan', health: 'wedged' })] });
    const after = hear(chosen, { type: 'changed', change: news });
    expect(press(after, 'r').effects).toEqual([
      { type: 'act', action: { verb: 'restart', targets: ['bob'], how: 'interrupt' } },
    ]);
  });

  test('when nobody has pressed a key for minutes, those in trouble are shown whoever was chosen', () => {
    const wedged = change({ agents: [boardAgent({ id: 4, name: 'dan', health: 'wedged' })] });
    const chosen = press(four, 'j').model;
    const chosenAfter = (now: number): string | undefined => {
      const after = hear(chosen, { type: 'changed', change: wedged }, now);
      return selectedAgent(after, after.views[0])?.row.name;
    };
    expect(chosenAfter(NOW + 60_000)).toBe('bob');
    expect(chosenAfter(NOW + 6 * 60_000)).toBe('dan');
  });

  test('o puts those first who use, wait or cost most, and those last of whom it is not known', () => {
    const one = boardAgent({ id: 1, name: 'one', cpu: null, rss: 10, queued: 3, restarts: 0, notionalUsd: 1 });
    const two = boardAgent({ id: 2, name: 'two', cpu: 1, rss: 30, queued: 1, restarts: 5, costUsd: 3 });
    const three = boardAgent({ id: 3, name: 'three', cpu: 90, rss: 20, queued: 2, restarts: 1, notionalUsd: 2 });
    const model = modelOf({ fleet: fleetOf({ agents: [one, two, three] }) });
    const orderBy = (sort: SortBy): readonly string[] =>
      shownAgents(model, { ...model.views[0], sort }).map(({ row }) => row.name);
    expect(orderBy('cpu')).toEqual(['three', 'two', 'one']);
    expect(orderBy('memory')).toEqual(['two', 'three', 'one']);
    expect(orderBy('queued')).toEqual(['one', 'three', 'two']);
    expect(orderBy('restarts')).toEqual(['two', 'three', 'one']);
    expect(orderBy('cost')).toEqual(['two', 'three', 'one']);
  });

  test('an agent that is deleted while it is chosen gives its place to the first one', () => {
    const chosen = press(four, 'j').model;
    const after = hear(chosen, { type: 'changed', change: change({ removed: ['bob'] }) });
    expect(press(after, 's').effects).toEqual([{ type: 'act', action: { verb: 'start', targets: ['ada'] } }]);
  });

  test('Enter opens the agent, l its conversation, i the incidents; each asks for what it needs', () => {
    expect(press(four, 'j', 'enter').effects).toEqual([{ type: 'read-agent', name: 'bob' }]);
    expect(press(four, 'l').effects).toEqual([{ type: 'open-log', name: 'ada', run: null, raw: false }]);
    expect(press(four, 'i').effects).toEqual([{ type: 'read-incidents' }]);
    expect(viewsOf(press(four, 'j', 'enter', 'l').model)).toEqual(['fleet', 'agent', 'logs']);
  });

  test('Esc goes back one view at a time and lets go of a log that is followed', () => {
    const open = press(four, 'enter', 'l').model;
    const back = press(open, 'esc');
    expect(viewsOf(back.model)).toEqual(['fleet', 'agent']);
    expect(back.effects).toEqual([{ type: 'close-log' }]);
    expect(viewsOf(press(back.model, 'esc', 'esc').model)).toEqual(['fleet']);
  });

  test('Tab goes from the agents to the incidents and back, and between an agent and its conversation', () => {
    expect(viewsOf(press(four, 'tab').model)).toEqual(['fleet', 'incidents']);
    expect(viewsOf(press(four, 'tab', 'tab').model)).toEqual(['fleet']);
    expect(viewsOf(press(four, 'enter', 'tab').model)).toEqual(['fleet', 'logs']);
    const there = press(four, 'enter', 'tab', 'tab');
    expect(viewsOf(there.model)).toEqual(['fleet', 'agent']);
    expect(there.effects.at(-2)).toEqual({ type: 'close-log' });
  });

  test('however often somebody goes around, what is below is gone back to', () => {
    const around = Array.from({ length: 20 }, () => ['i', 'tab', 'l', 'i', 'l', 'enter', 'i']).flat();
    expect(viewsOf(press(four, ...around).model).length).toBeLessThanOrEqual(4);
    expect(viewsOf(press(four, 'enter', 'l', 'i', ':', ...typed('describe ada'), 'enter').model)).toEqual([
      'fleet',
      'agent',
    ]);
  });

  test('a conversation that comes up again from below another one is read anew', () => {
    const second = press(four, 'l', ':', ...typed('logs bob'), 'enter');
    expect(second.effects.map((effect) => 'name' in effect && effect.name)).toEqual(['ada', 'bob']);
    const back = press(second.model, 'esc');
    expect(back.effects).toEqual([{ type: 'open-log', name: 'ada', run: null, raw: false }]);
    expect(press(back.model, 'esc').effects).toEqual([{ type: 'close-log' }]);
  });

  test('a conversation that a command leaves is no longer followed', () => {
    for (const command of ['list', 'filter x', 'namespace day', 'sort cpu'])
      expect(press(four, 'l', ':', ...typed(command), 'enter').effects.at(-1)).toEqual({ type: 'close-log' });
    expect(press(four, 'l', 'i', ':', ...typed('list'), 'enter').effects.at(-1)).toEqual({ type: 'close-log' });
  });

  test('? shows the keys of the view that it was pressed in', () => {
    const { views } = press(four, '?').model;
    expect(views.at(-1)).toMatchObject({ at: 'help', sections: [{ title: 'Here (agents)' }, { title: 'Everywhere' }] });
    expect(viewsOf(press(four, '?', '?', 'esc').model)).toEqual(['fleet']);
  });

  test('z gives the view the whole height, and takes it back', () => {
    expect(press(four, 'z').model.zoomed).toBe(true);
    expect(press(four, 'z', 'z').model.zoomed).toBe(false);
    expect(press(four, 'z', 'esc').model.zoomed).toBe(false);
  });

  test('q and Ctrl-C leave from every view', () => {
    for (const way of [[], ['enter'], ['l'], ['i'], ['?']]) {
      expect(press(four, ...way, 'q').effects.at(-1)).toEqual({ type: 'quit' });
      expect(press(four, ...way, 'ctrl-c').effects.at(-1)).toEqual({ type: 'quit' });
    }
  });
});

describe('an action', () => {
  const acted = (...keys: readonly string[]): readonly Effect[] => press(four, ...keys).effects;
  const act = (action: Action): readonly Effect[] => [{ type: 'act', action }];

  test.each<readonly [string, Action]>([
    ['r', { verb: 'restart', targets: ['ada'], how: 'interrupt' }],
    ['R', { verb: 'restart', targets: ['ada'], how: 'after-turn' }],
    ['s', { verb: 'start', targets: ['ada'] }],
    ['x', { verb: 'stop', targets: ['ada'] }],
    ['p', { verb: 'pause', targets: ['ada'] }],
    ['0', { verb: 'reset', targets: ['ada'] }],
  ])('%s asks for it at once', (key, action) => {
    expect(acted(key)).toEqual(act(action));
  });

  test('of an agent that is shown is about that agent', () => {
    expect(acted('j', 'j', 'enter', 'r').at(-1)).toEqual(
      act({ verb: 'restart', targets: ['cleo'], how: 'interrupt' })[0],
    );
  });

  test('where no agent is chosen is answered, too', () => {
    const views = [press(four, 'i').model, press(four, '/', ...typed('nobody'), 'enter').model];
    for (const model of views) {
      for (const key of ['s', 'x', 'X', 'r', 'R', 'p', 'm', '0', 'l']) {
        const step = press(model, key);
        expect(step.effects).toEqual([]);
        expect(step.model.notice?.text).toContain('No agent is chosen here');
      }
    }
  });

  test('p resumes an agent that is paused', () => {
    const paused = modelOf({ fleet: fleetOf({ agents: [boardAgent({ name: 'ada', paused: true })] }) });
    expect(press(paused, 'p').effects).toEqual(act({ verb: 'resume', targets: ['ada'] }));
  });

  test('is shown as under way before anybody has answered', () => {
    const action: Action = { verb: 'restart', targets: ['ada'], how: 'interrupt' };
    expect(press(four, 'r').model.pending).toEqual([{ action, since: NOW }]);
  });

  test('that was done says so, and is no longer under way', () => {
    const { model, effects } = press(four, 'r');
    const [effect] = effects;
    const action = effect?.type === 'act' ? effect.action : null;
    const results = [{ name: 'ada', ok: true, change: 'restarted', cause: null, detail: '' }];
    const after = hear(model, { type: 'acted', action: action ?? { verb: 'stop', targets: [] }, results });
    expect(after).toMatchObject({ pending: [], notice: { text: 'ada restarted', tone: 'good' } });
  });

  test('that failed says for whom and why', () => {
    const action: Action = { verb: 'start', targets: ['ada', 'bob'] };
    const results = [
      { name: 'ada', ok: true, change: 'started', cause: null, detail: '' },
      { name: 'bob', ok: false, change: 'failed', cause: 'spawn-failed' as const, detail: 'no such folder' },
    ];
    expect(hear(four, { type: 'acted', action, results }).notice).toMatchObject({
      text: 'bob failed: no such folder',
      tone: 'bad',
    });
  });

  test('that the daemon refuses says what it says', () => {
    const refused = hear(four, { type: 'refused', action: { verb: 'stop', targets: ['ada'] }, why: 'not now' });
    expect(refused.notice).toMatchObject({ text: 'stop ada: not now', tone: 'bad' });
  });

  test('is forgotten by the screen after some seconds', () => {
    const noticed = hear(four, { type: 'refused', action: null, why: 'not now' });
    expect(hear(noticed, { type: 'tick' }, NOW + 19_000).notice).not.toBeNull();
    expect(hear(noticed, { type: 'tick' }, NOW + 20_000).notice).toBeNull();
  });

  test('that destroys is asked about, and only y does it', () => {
    const asking = press(four, 'X');
    expect(asking.effects).toEqual([]);
    expect(asking.model.confirm?.question).toContain('Delete ada');
    expect(press(asking.model, 'y').effects).toEqual(act({ verb: 'delete', targets: ['ada'] }));
    for (const key of ['n', 'esc', 'enter', 'q', 'X'])
      expect(press(asking.model, key)).toMatchObject({ effects: [], model: { confirm: null } });
  });

  test('that ends the work of many is asked about', () => {
    expect(press(four, ':', ...typed('stop all'), 'enter').model.confirm?.question).toBe('Stop all (4 agents)?');
    expect(press(four, ':', ...typed('restart a* bob'), 'enter').model.confirm?.question).toBe('Restart a* bob?');
    expect(press(four, ':', ...typed('start all'), 'enter').model.confirm).toBeNull();
  });

  test.each(['r', 'R', 's', 'x', 'X', 'p', '0', 'm'])('%s changes nothing where nothing may be changed', (key) => {
    const { model, effects } = press({ ...four, readonly: true }, key);
    expect(effects).toEqual([]);
    expect(model).toMatchObject({ pending: [], confirm: null, prompt: null, notice: { tone: 'warn' } });
  });

  test('that is typed changes nothing either where nothing may be changed', () => {
    expect(press({ ...four, readonly: true }, ':', ...typed('stop ada'), 'enter').effects).toEqual([]);
  });

  test.each([
    [{ at: 'lost', since: NOW, why: 'gone' }, 'away'],
    [{ at: 'offline', alive: 3 }, 'resurrect'],
    [{ at: 'connecting' }, 'Not connected'],
  ] as const)('without a daemon is refused at once: %s', (link, word) => {
    const { model, effects } = press({ ...four, link }, 'r');
    expect(effects).toEqual([]);
    expect(model.notice?.text).toContain(word);
  });
});

describe('a line that is typed', () => {
  test('filters the table while it is typed; Enter keeps the filter, Esc drops it', () => {
    const typing = press(four, '/', 'b');
    expect(typing.model.views[0].filter).toBe('b');
    expect(press(typing.model, 'enter').model).toMatchObject({ prompt: null, views: [{ filter: 'b' }] });
    expect(press(typing.model, 'esc').model).toMatchObject({ prompt: null, views: [{ filter: '' }] });
    expect(press(typing.model, 'enter', 'esc').model.views[0].filter).toBe('');
  });

  test('takes keys as letters: no key acts while somebody types', () => {
    expect(press(four, '/', 'x', 'q', 'r').effects).toEqual([]);
    expect(press(four, '/', 'x', 'q', 'r').model.views[0].filter).toBe('xqr');
  });

  test('can be edited in its middle', () => {
    const edited = press(four, ':', ...typed('stp'), 'left', 'o', 'home', ' ', 'end', 's', 'backspace').model;
    expect(edited.prompt).toMatchObject({ text: ' stop', cursor: 5 });
    expect(press(edited, 'ctrl-w').model.prompt?.text).toBe(' ');
    expect(press(edited, 'ctrl-a', 'ctrl-k').model.prompt?.text).toBe('');
    expect(press(edited, 'ctrl-u').model.prompt?.text).toBe('');
  });

  test('loses whole characters, also such as are two units long', () => {
    expect(press(four, '/', '🦊', 'a', 'left', 'left', 'right', 'backspace').model.prompt?.text).toBe('a');
  });

  test('takes what is pasted as one text, line feeds as blanks, and nothing of it presses a key', () => {
    const writing = press(four, 'm').model;
    const pasted = hear(writing, { type: 'pasted', text: 'first\r\nsecond\u001b[2J\tq' });
    expect(pasted.prompt?.text).toBe('first second  q');
    expect(hear(four, { type: 'pasted', text: 'xq' })).toEqual(four);
  });

  test('is a message to the chosen agent', () => {
    const { effects } = press(four, 'j', 'm', ...typed('hello, q!'), 'enter');
    expect(effects).toEqual([{ type: 'act', action: { verb: 'send', targets: ['bob'], text: 'hello, q!' } }]);
    expect(press(four, 'm', ' ', 'enter')).toMatchObject({ effects: [], model: { notice: { tone: 'warn' } } });
  });

  test('is completed by Tab as far as it is certain', () => {
    expect(press(four, ':', ...typed('resta'), 'tab').model.prompt?.text).toBe('restart ');
    expect(press(four, ':', ...typed('re'), 'tab').model.prompt?.text).toBe('re');
    expect(press(four, ':', ...typed('stop d'), 'tab').model.prompt?.text).toBe('stop dan ');
    expect(press(four, ':', ...typed('stop namespace:n'), 'tab').model.prompt?.text).toBe('stop namespace:night ');
  });

  test('that is emptied is left by one more backspace', () => {
    expect(press(four, ':', 'a', 'backspace').model.prompt?.text).toBe('');
    expect(press(four, ':', 'a', 'backspace', 'backspace').model.prompt).toBeNull();
  });
});

describe('a command', () => {
  const command = (text: string): ReturnType<typeof press> => press(four, ':', ...typed(text), 'enter');

  test.each<readonly [string, Action]>([
    ['restart', { verb: 'restart', targets: ['ada'], how: 'interrupt' }],
    ['restart --now bob', { verb: 'restart', targets: ['bob'], how: 'now' }],
    ['reload bob', { verb: 'restart', targets: ['bob'], how: 'after-turn' }],
    ['start namespace:night', { verb: 'start', targets: ['namespace:night'] }],
    ['send cleo  two  blanks', { verb: 'send', targets: ['cleo'], text: 'two  blanks' }],
  ])(':%s', (text, action) => {
    expect(command(text).effects).toEqual([{ type: 'act', action }]);
  });

  test.each([
    ['frobnicate', 'no command "frobnicate"'],
    ['send cleo', 'What shall be sent?'],
    ['stop --now bob', 'Usage: stop TARGET...'],
    ['sort colour', 'Usage: sort trouble|name'],
    ['logs nobody', 'no agent nobody'],
    ['quit now', 'quit takes nothing'],
  ])(':%s is refused with what to type instead', (text, words) => {
    const { model, effects } = command(text);
    expect(effects).toEqual([]);
    expect(model.notice?.text).toContain(words);
  });

  test('opens views, filters, sorts and leaves', () => {
    expect(viewsOf(command('logs dan').model)).toEqual(['fleet', 'logs']);
    expect(viewsOf(command('describe dan').model)).toEqual(['fleet', 'agent']);
    expect(viewsOf(command('incidents').model)).toEqual(['fleet', 'incidents']);
    expect(viewsOf(command('help').model)).toEqual(['fleet', 'help']);
    expect(command('filter dan').model.views[0].filter).toBe('dan');
    expect(command('ns day').model.views[0].namespace).toBe('day');
    expect(command('sort cost').model.views[0].sort).toBe('cost');
    expect(command('q').effects).toEqual([{ type: 'quit' }]);
    expect(command(' ').effects).toEqual([]);
  });
});

describe('the daemon', () => {
  test('that goes away is said, and what was under way is not waited for', () => {
    const lost = hear(press(four, 'r').model, { type: 'lost', why: 'the connection was closed' });
    expect(lost).toMatchObject({ pending: [], link: { at: 'lost', since: NOW }, notice: { tone: 'bad' } });
    expect(lost.fleet?.agents).toHaveLength(4);
  });

  test('has been away since it went, however often it is looked for', () => {
    const lost = hear(four, { type: 'lost', why: 'gone' });
    expect(hear(lost, { type: 'lost', why: 'still gone' }, NOW + 5_000).link).toMatchObject({ since: NOW });
  });

  test('that comes back is said, and what it says counts', () => {
    const lost = hear(four, { type: 'lost', why: 'gone' });
    const back = hear(lost, { type: 'board', fleet: fleetOf({ agents: agents.slice(0, 2) }) });
    expect(back).toMatchObject({ link: { at: 'live' }, notice: { text: 'The daemon is back.' } });
    expect(back.fleet?.agents).toHaveLength(2);
  });

  test('of the first moment is no return', () => {
    expect(
      hear(modelOf({ link: { at: 'connecting' }, fleet: null }), { type: 'board', fleet: fleetOf() }).notice,
    ).toBeNull();
  });

  test('that does not run leaves what the files say', () => {
    const offline = hear(modelOf({ fleet: null }), { type: 'offline', fleet: fleetOf({ agents }), alive: 3 });
    expect(offline).toMatchObject({ link: { at: 'offline', alive: 3 }, fleet: { agents } });
  });

  test('tells what happened, and the screen has it behind what it knew', () => {
    const event = (at: string): EventRow => ({
      at,
      agent: 'ada',
      run: '000001',
      event: 'ready',
      cause: null,
      detail: '',
    });
    const [old, fresh] = [event(ago(MINUTE)), event(ago(0))];
    const known = { ...four, events: [old] };
    const after = hear(known, { type: 'changed', change: change({ events: [old, fresh] }) });
    expect(after.events).toEqual([old, fresh]);
  });

  test('tells what processes use without telling the agents anew', () => {
    const used = hear(four, { type: 'changed', change: change({ usage: { bob: { cpu: 7, rss: 2 ** 20 } } }) });
    expect(used.fleet?.agents[1]?.row).toMatchObject({ name: 'bob', cpu: 7, rss: 2 ** 20 });
  });

  test('has its closed incidents remembered, the newest of them', () => {
    const open = openIncident({ id: 'i1', agents: ['ada'] });
    const seen = hear(four, { type: 'changed', change: change({ incidents: [open] }) });
    const closed = { ...open, closedAt: '2026-11-20T12:00:01.000Z' };
    const after = hear(seen, { type: 'changed', change: change({ incidents: [closed] }) });
    expect(after.fleet?.incidents).toEqual([closed]);
    expect(hear(after, { type: 'board', fleet: fleetOf({ agents }) }).fleet?.incidents).toEqual([closed]);
    const many = Array.from({ length: 60 }, (_, index) => ({ ...closed, id: `i${index + 10}` }));
    const kept = hear(after, { type: 'changed', change: change({ incidents: many }) }).fleet?.incidents ?? [];
    expect(kept).toHaveLength(50);
    expect(kept.at(-1)?.id).toBe('i69');
  });
});
