import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { wakeAt, WakeClock, type LocalTime, type WakeMark } from '../../src/daemon/wake-clock.ts';
import type { WorldEvent } from '../../src/kernel/events.ts';
import type { Agent, AgentState, Fleet } from '../../src/kernel/fleet.ts';
import { wall } from '../../src/kernel/moment.ts';
import { ADA, agentIn, aRun, at, fleetOf } from '../kernel/fleet-of.ts';

/** `2 03:59` is one minute before four on the second day. */
function shown(text: string): LocalTime {
  const [day = '', hours = '', minutes = ''] = text.split(/[ :]/);
  return { day: Number(day), minute: Number(hours) * 60 + Number(minutes) };
}

/** At which of the looks it was due. */
function dueAt(time: string, looks: readonly string[]): readonly string[] {
  let mark: WakeMark | null = null;
  return looks.filter((look) => {
    const decided = wakeAt(mark, shown(look), time);
    mark = decided.mark;
    return decided.isDue;
  });
}

test('it is time once a day, at the first look at or after the time', () => {
  const looks = [
    '1 03:58',
    '1 03:59',
    '1 04:00',
    '1 04:00',
    '1 04:01',
    '1 23:59',
    '2 00:00',
    '2 03:59',
    '2 04:01',
    '2 04:02',
  ];
  expect(dueAt('04:00', looks)).toEqual(['1 04:00', '2 04:01']);
});

test('midnight and the last minute of a day are times like others', () => {
  const looks = ['1 23:58', '1 23:59', '2 00:00', '2 00:01', '2 23:59', '3 00:00'];
  expect(dueAt('00:00', looks)).toEqual(['2 00:00', '3 00:00']);
  expect(dueAt('23:59', looks)).toEqual(['1 23:59', '2 23:59']);
});

test('a time that had passed before the first look is not told, so that a new daemon repeats nothing', () => {
  expect(dueAt('04:00', ['1 04:00', '1 04:01', '1 23:00'])).toEqual([]);
  expect(dueAt('04:00', ['1 05:00', '2 03:59', '2 04:00'])).toEqual(['2 04:00']);
});

test('a machine that slept over it is told once on waking, however long it slept', () => {
  expect(dueAt('04:00', ['1 01:00', '1 08:00', '1 08:01'])).toEqual(['1 08:00']);
  expect(dueAt('04:00', ['1 05:00', '4 08:00', '4 08:01', '5 04:00'])).toEqual(['4 08:00', '5 04:00']);
  expect(dueAt('04:00', ['1 05:00', '3 01:00', '3 04:00'])).toEqual(['3 01:00', '3 04:00']);
});

test('a clock that is set back makes no second time within one day', () => {
  expect(dueAt('04:00', ['1 03:59', '1 04:00', '1 03:30', '1 04:00', '2 04:00'])).toEqual(['1 04:00', '2 04:00']);
  expect(dueAt('04:00', ['2 03:59', '2 04:00', '1 12:00', '2 04:00', '3 04:00'])).toEqual(['2 04:00', '3 04:00']);
});

test('a clock that was years ahead and is put right does not silence the coming years', () => {
  expect(dueAt('04:00', ['9000 03:59', '9000 04:00', '1 12:00', '2 04:00', '3 04:00'])).toEqual([
    '9000 04:00',
    '2 04:00',
    '3 04:00',
  ]);
});

test('another time in the file begins anew', () => {
  const first = wakeAt(null, shown('1 03:00'), '04:00');
  const changed = wakeAt(first.mark, shown('1 05:00'), '04:30');
  expect(changed.isDue).toBe(false);
  expect(wakeAt(changed.mark, shown('2 04:30'), '04:30').isDue).toBe(true);
});

/** Looks once a minute over two hours around a change of the clocks; gives the moments in UTC at which it was due. */
function dueInZone(zone: string, from: string, time: string): string {
  const module = fileURLToPath(new URL('../../src/daemon/wake-clock.ts', import.meta.url));
  const script = `
    import { createJiti } from ${JSON.stringify(import.meta.resolve('jiti'))};
    const { localTime, wakeAt } = await createJiti(import.meta.url, { fsCache: false }).import(${JSON.stringify(module)});
    let mark = null;
    for (let minute = 0; minute < 240; minute++) {
      const now = new Date(Date.parse(${JSON.stringify(from)}) + minute * 60_000);
      const decided = wakeAt(mark, localTime(now), ${JSON.stringify(time)});
      mark = decided.mark;
      if (decided.isDue) console.log(now.toISOString().slice(0, 16));
    }`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', TZ: zone },
  }).trim();
}

test('a time that the change to summer time skips passes with the next minute that there is', () => {
  expect(dueInZone('Europe/Berlin', '2026-03-29T00:00Z', '02:30')).toBe('2026-03-29T01:00');
});

test('a time that comes twice on the change to winter time counts once, the first time', () => {
  expect(dueInZone('Europe/Berlin', '2026-10-24T23:00Z', '02:30')).toBe('2026-10-25T00:30');
});

test('of a time that comes twice, the second is not told to who began to look after the first', () => {
  expect(dueInZone('Europe/Berlin', '2026-10-25T00:45Z', '02:30')).toBe('');
});

test('a midnight that does not exist passes with the first minute of its day', () => {
  expect(dueInZone('America/Santiago', '2026-09-06T03:00Z', '00:30')).toBe('2026-09-06T04:00');
});

const RUN = aRun();

type Timed = readonly (readonly [name: string, time: string | null, state: AgentState])[];

/** A clock that looks at these agents, and what it has told. */
function clockOf(timed: Timed): {
  readonly clock: WakeClock;
  readonly told: WorldEvent[];
  readonly set: (to: Date) => void;
} {
  const calm = fleetOf(ADA);
  const agents = timed.map(([name, time, state], id): [string, Agent] => {
    const spec = { ...ADA, name, idleWake: { ...ADA.idleWake, at: time } };
    return [name, { ...agentIn(calm), id, spec, state }];
  });
  const fleet: Fleet = { ...calm, agents: Object.fromEntries(agents) };
  const told: WorldEvent[] = [];
  let now = new Date(2026, 5, 1, 3, 59);
  const clock = new WakeClock({
    clock: { now: () => at(0, { wall: wall(now.getTime()) }), after: () => () => undefined },
    fleet: () => fleet,
    submit: async (event) => void told.push(event),
  });
  return { clock, told, set: (to) => (now = to) };
}

test('only an agent that is up and has a time of day is told of it', () => {
  const { clock, told, set } = clockOf([
    ['ada', '04:00', { at: 'running', run: RUN }],
    ['bob', null, { at: 'running', run: RUN }],
    ['eve', '04:00', { at: 'stopped', ended: false }],
    ['joe', '05:00', { at: 'running', run: RUN }],
  ]);
  clock.check();
  set(new Date(2026, 5, 1, 4, 0, 1));
  clock.check();
  clock.check();
  expect(told).toEqual([{ type: 'wake-time', agent: 'ada' }]);
});

test('agents whose time it is at once are told one at each look, each once', () => {
  const names = ['ada', 'bob', 'eve'];
  const { clock, told, set } = clockOf(names.map((name) => [name, '04:00', { at: 'running', run: RUN }]));
  clock.check();
  set(new Date(2026, 5, 1, 4, 0, 1));
  const counts = names.map(() => {
    clock.check();
    return told.length;
  });
  clock.check();
  expect(counts).toEqual([1, 2, 3]);
  expect(told).toEqual(names.map((agent) => ({ type: 'wake-time', agent })));
});
