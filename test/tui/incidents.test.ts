import { describe, expect, test } from 'vitest';
import {
  topView,
  type FleetState,
  type IncidentsView,
  type IncidentView,
  type Model,
  type View,
} from '../../src/tui/model.ts';
import { incidentKind, incidentView } from '../../src/tui/views/incident.ts';
import { incidentsKind, incidentsView, INCIDENTS_KEPT_MAX } from '../../src/tui/views/incidents.ts';
import { incidentRow } from '../cli/rows.ts';
import {
  ago,
  ASCII,
  boardAgent,
  change,
  credential,
  DAY,
  fleetOf,
  HOUR,
  MINUTE,
  modelOf,
  openIncident,
  SIZES,
  textsOf,
} from './models.ts';
import { night } from './night.ts';
import { incidentsOf, screenOf } from './played.ts';

/** A screen whose top view it is. */
const over = (model: Model, view: View): Model => ({ ...model, views: [model.views[0], view] });

const linesOf = (model: Model, view: IncidentsView, size = { columns: 120, rows: 30 }): readonly string[] =>
  textsOf(incidentsKind.lines(over(model, view), view, size));

const withFleet = (what: Partial<FleetState> = {}): Model => modelOf({ fleet: fleetOf(what) });

const wholeOf = (model: Model, id: string, columns = 120): string =>
  textsOf(incidentKind.lines(model, incidentView(id), { columns, rows: 200 })).join('\n');

describe('the incidents', () => {
  const older = openIncident({ id: 'i1', openedAt: ago(3 * HOUR) });
  const newer = openIncident({ id: 'i2', openedAt: ago(2 * HOUR) });
  const closed = incidentRow({ id: 'i3', openedAt: ago(HOUR), closedAt: ago(50 * MINUTE) });

  test('that are open stand first, the newest of each kind on top', () => {
    const before = incidentRow({ id: 'i0', openedAt: ago(9 * HOUR), closedAt: ago(8 * HOUR) });
    const view = { ...incidentsView(), all: [before, older, closed] };
    const ids = linesOf(withFleet({ incidents: [older, newer] }), view).flatMap(
      (each) => /\b(i\d) /.exec(each)?.[1] ?? [],
    );
    expect(ids).toEqual(['i2', 'i1', 'i3', 'i0']);
  });

  test('tell how far they are: the next try, who tries, who is needed, after how long, what they became', () => {
    const state = (row: Parameters<typeof openIncident>[0], agent: Parameters<typeof boardAgent>[0] = {}): string => {
      const incident = openIncident({ id: 'i5', ...row });
      const model = withFleet({
        incidents: [incident],
        agents: [boardAgent({ incident: 'i5', ...agent }), boardAgent({ id: 2, name: 'other' })],
      });
      return linesOf(model, incidentsView()).join('\n');
    };
    expect(state({}, { nextAttemptAt: ago(-84_000), health: 'quiet' })).toContain('next try 1:24');
    expect(state({}, { health: 'verifying' })).toContain('open, an attempt is under way');
    expect(state({}, { health: 'held' })).toContain('open, needs a person');
    expect(state({}, { incident: 'i9' })).toMatch(/ open +1: reviewer/);
    expect(state({ openedAt: ago(HOUR), closedAt: ago(48 * MINUTE) })).toContain('closed after 12m');
    expect(state({ closedAt: ago(0), mergedInto: 'i9' })).toContain('merged into i9');
  });

  test.each(SIZES)('say at $columns columns which, why, who and how far', (size) => {
    const world = night();
    const text = linesOf(screenOf(world), { ...incidentsView(), all: incidentsOf(world) }, size).join('\n');
    expect(text).toMatch(/^ 1 open incident, 2 closed/);
    expect(text).toMatch(/i\d+ +auth-window +next try 1:16 +3: ada/);
    expect(text).toMatch(/max +window +- +3: ada/);
  });

  test('tell the day and time of an attempt to its end on the narrowest screen, and a reach by one name once', () => {
    const incident = openIncident({ id: 'i5', cause: 'auth-credential', scope: 'upstream', key: 'upstream' });
    const agents = ['ada-the-first', 'bob-the-second'].map((name, index) =>
      boardAgent({ id: index, name, incident: 'i5', health: 'capped', nextAttemptAt: ago(-72 * HOUR) }),
    );
    const model = withFleet({ incidents: [incident], agents });
    const narrow = linesOf(model, incidentsView(), { columns: 60, rows: 12 }).join('\n');
    expect(narrow).toMatch(/next try 11-23 \d\d:\d\d /);
    expect(linesOf(model, incidentsView(), { columns: 160, rows: 12 }).join('\n')).not.toContain('upstream upstream');
    expect(wholeOf(model, 'i5')).toMatch(/reaches +upstream$/m);
  });

  test('give way on a narrow screen: first the receipt, then the scope, the attempts, when it opened', () => {
    const world = night();
    const optional = Array.from({ length: 141 }, (_, narrower) => {
      const size = { columns: 200 - narrower, rows: 30 };
      const [, head = ''] = linesOf(screenOf(world), { ...incidentsView(), all: incidentsOf(world) }, size);
      return head.trim().split(/ {2,}/).slice(4).join(' ');
    });
    expect([...new Set(optional)]).toEqual([
      'OPENED TRIES SCOPE RECEIPT',
      'OPENED TRIES SCOPE',
      'OPENED TRIES',
      'OPENED',
      '',
    ]);
  });

  test('that are closed are called unread until they were read', () => {
    expect(linesOf(modelOf(), incidentsView())[0]).toBe(' 0 open incidents, those that are closed are not read yet');
    expect(linesOf(modelOf(), { ...incidentsView(), all: [] })[0]).toBe(' 0 open incidents, 0 closed');
  });

  test('are marked by a sign and not by a colour alone', () => {
    const model = { ...withFleet({ incidents: [newer] }), look: ASCII };
    const lines = incidentsKind.lines(model, incidentsView(), { columns: 80, rows: 12 });
    const marked = lines.filter((each) => each.some(({ inverse }) => inverse === true));
    expect(textsOf(marked)).toEqual([expect.stringMatching(/^> i2 /)]);
  });
});

test('credentials tell verdict, end, agents and rotation', () => {
  const rotation = {
    id: 'r1',
    credential: 'max',
    from: 'a',
    to: 'b',
    stage: 'rolling',
    why: '',
    over: false,
    unproven: ['ada', 'bob'],
  } as const;
  const credentials = [
    credential({ name: 'max', verdict: 'expiring', endsAt: ago(-3 * DAY), agents: ['ada', 'bob'], rotation }),
    credential({ name: 'spare', verdict: 'dead', endsAt: ago(DAY), agents: [] }),
  ];
  const text = linesOf(withFleet({ credentials }), incidentsView()).join('\n');
  expect(text).toContain(' 2 credentials');
  expect(text).toMatch(/max +expiring +ends in 3d +rolling, 2 unproven +2: ada, bob/);
  expect(text).toMatch(/spare +dead +has ended +0:/);
});

describe('keys', () => {
  const incidents = Array.from({ length: 40 }, (_, index) =>
    openIncident({ id: `i${index}`, openedAt: ago(index * HOUR) }),
  );
  const begin = withFleet({ incidents, credentials: [credential({ incidents: ['i7'] }), credential({ name: 'i3' })] });
  const after = (...keys: readonly string[]): Model =>
    keys.reduce(
      (model, key) => {
        const binding = incidentsKind.keymap.find((each) => each.keys.includes(key));
        return binding?.press(model, topView(model) as IncidentsView).model ?? model;
      },
      over(begin, incidentsView()),
    );
  const selected = (...keys: readonly string[]): string | null => (topView(after(...keys)) as IncidentsView).selected;

  test('go through the incidents and on through the credentials, also those that are called like an incident', () => {
    expect(selected('j')).toBe('i1');
    expect(selected('j', 'k', 'k')).toBe('i0');
    expect(selected('G')).toBe('credential:i3');
    expect(selected('G', 'k')).toBe('credential:max');
    expect(selected('G', 'k', 'k')).toBe('i39');
    expect(selected('G', 'g')).toBe('i0');
    expect(selected('pgdn', 'pgup')).toBe('i0');
  });

  test('open the incident; of a credential, the one that it is in', () => {
    expect(topView(after('j', 'enter'))).toEqual(incidentView('i1'));
    expect(topView(after('G', 'k', 'enter'))).toEqual(incidentView('i7'));
    expect(topView(after('G', 'enter')).at).toBe('incidents');
    expect(after('j', 'enter').views).toHaveLength(3);
  });

  test('do nothing where there is nothing', () => {
    const empty = over(modelOf(), incidentsView());
    for (const { press } of incidentsKind.keymap) expect(press(empty, incidentsView()).model).toEqual(empty);
  });

  test.each([...SIZES, { columns: 60, rows: 7 }])('never lose the row that is selected at $columns x $rows', (size) => {
    for (const keys of [[], ['j', 'j'], Array.from({ length: 25 }, () => 'j'), ['G', 'k', 'k'], ['G', 'k'], ['G']]) {
      const model = after(...keys);
      const lines = incidentsKind.lines(model, topView(model) as IncidentsView, size);
      expect(lines.filter((each) => each.some(({ inverse }) => inverse === true))).toHaveLength(1);
    }
  });
});

describe('hearing', () => {
  const hear = (view: IncidentsView, message: Parameters<typeof incidentsKind.hear>[2]): IncidentsView =>
    incidentsKind.hear(modelOf(), view, message).view;

  test('all that were read are known, and what changes afterwards is changed in them', () => {
    const read = hear(incidentsView(), { type: 'incidents-read', all: [openIncident({ id: 'i1' })] });
    const news = change({ incidents: [incidentRow({ id: 'i1' }), openIncident({ id: 'i2' })] });
    const { all } = hear(read, { type: 'changed', change: news });
    expect(all?.map(({ id, closedAt }) => [id, closedAt !== null])).toEqual([
      ['i1', true],
      ['i2', false],
    ]);
    expect(hear(incidentsView(), { type: 'changed', change: news }).all).toBeNull();
    expect(hear(read, { type: 'tick' })).toBe(read);
  });

  test('after a new connection they are read again', () => {
    expect(incidentsKind.hear(modelOf(), incidentsView(), { type: 'board', fleet: fleetOf() }).effects).toEqual([
      { type: 'read-incidents' },
    ]);
  });

  test('only so many are kept, and that there are older ones is said', () => {
    const many = Array.from({ length: INCIDENTS_KEPT_MAX + 1 }, (_, index) => incidentRow({ id: `i${index}` }));
    const read = hear(incidentsView(), { type: 'incidents-read', all: many });
    expect(read.all?.[0]?.id).toBe('i1');
    const more = hear(read, { type: 'changed', change: change({ incidents: [incidentRow({ id: 'new' })] }) });
    expect(more.all).toHaveLength(INCIDENTS_KEPT_MAX);
    expect(linesOf(modelOf(), more)[0]).toContain('older ones: agentvisor incidents --all');
  });
});

describe('one incident', () => {
  test.each(SIZES)('tells at $columns columns its reach, evidence, agents, attempts and receipts', ({ columns }) => {
    const world = night();
    const all = incidentsOf(world);
    const text = wholeOf(over(screenOf(world), { ...incidentsView(), all }), all[0]?.id ?? '', columns);
    expect(text.replaceAll(/\s+/g, ' ')).toContain('i7 auth-window: New processes are rejected too;');
    expect(text).toContain(' reaches   window max');
    expect(text).toMatch(/EVIDENCE\n 401: Failed to authenticate\./);
    expect(text).toContain('   ×12  ada, bob, cyd  last request req_12');
    expect(text).toMatch(/AGENTS 3\n AGENT +STATE +HEALTH\n ada +running +quiet/);
    expect(text).toMatch(/ada +all \(canary\) +recovered +#\d{6}\n/);
    expect(text).toMatch(/bob +itself +recovered +#\d{6}\n/);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      'ada: req_1 failed, 4 attempts, answered by msg_ada_a1, down for 20m',
    );
  });

  test('says who is still in it and when each is tried, what became of those who are gone, and where it went on', () => {
    const incident = openIncident({ id: 'i5', agents: ['ada', 'bob', 'cyd'], closedAt: null, mergedInto: 'i9' });
    const agents = [
      boardAgent({ name: 'ada', incident: 'i5', health: 'quiet', nextAttemptAt: ago(-MINUTE) }),
      boardAgent({ id: 2, name: 'bob', incident: 'i9', health: 'quiet', nextAttemptAt: ago(-MINUTE) }),
    ];
    const text = wholeOf(withFleet({ incidents: [incident], agents }), 'i5');
    expect(text).toMatch(/ada +running +quiet +yes +1:00\n bob +running +quiet +no more\n cyd +removed +- +no more/);
    expect(text).toContain(', merged into i9');
  });

  test('evidence of different kinds is told apart, whole, whatever it looks like', () => {
    const evidence = [
      'ada: 500 (request req_1): broken',
      'ada: 529 (request req_2): busy\nvery',
      'somebody changed the credential',
    ];
    const text = wholeOf(withFleet({ incidents: [openIncident({ agents: ['ada'], evidence })] }), 'i7');
    expect(text).toContain(
      'EVIDENCE\n 500: broken\n   ada  request req_1\n 529: busy very\n   ada  request req_2\n somebody changed the credential\n',
    );
  });

  test('of which nothing is known is no crash', () => {
    expect(wholeOf(modelOf(), 'i99')).toBe(
      ' Nothing is known here of i99: it is not open, and closed ones were not read.',
    );
    expect(wholeOf(modelOf({ fleet: null }), 'i99')).toContain('i99');
    expect(incidentKind.title(incidentView('i99'))).toBe('incident i99');
  });

  test('of a cause that only a newer daemon knows is shown by its name', () => {
    const strange = openIncident({ cause: 'toString' as never });
    expect(wholeOf(withFleet({ incidents: [strange] }), 'i7')).toMatch(/^ i7 toString: *\n/);
  });

  test('scrolls', () => {
    const world = night();
    const model = over(
      screenOf(world, { size: { columns: 80, rows: 18 } }),
      incidentView(incidentsOf(world).at(-1)?.id ?? ''),
    );
    const down = incidentKind.keymap.find(({ keys }) => keys.includes('j'));
    expect((topView(down?.press(model, topView(model) as IncidentView).model ?? model) as IncidentView).top).toBe(1);
  });
});
