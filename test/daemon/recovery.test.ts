import { expect, test } from 'vitest';
import { standInBox } from './stand-in-box.ts';

const LATCH_FIRST_PROCESS = { faults: [{ when: { process: 1, turn: { from: 2 } }, do: { api: '401' as const } }] };

test('an agent that latches is brought back with its conversation, and the incident has its receipt', async () => {
  const fleet = standInBox(['ada', 'bob'], LATCH_FIRST_PROCESS);
  await fleet.ok('start');
  await fleet.ok('send', 'ada', 'one', '--wait');
  const before = await fleet.rows();
  expect(await fleet.ok('send', 'ada', 'two', '--wait')).toBe('answer to: two\n');
  const [ada, bob] = await fleet.rows();
  expect(ada).toMatchObject({ health: 'healthy', restarts: 1, sessionId: before[0]?.sessionId, auth401s: 1 });
  expect(bob).toMatchObject({ pid: before[1]?.pid, restarts: 0 });
  const [incident] = await fleet.incidents();
  expect(incident).toMatchObject({ scope: 'session', agents: ['ada'], receipt: { agent: 'ada', attempts: 1 } });
  const events = JSON.parse(await fleet.ok('history', 'ada', '--json')) as { event: string }[];
  const story = events.map(({ event }) => event).filter((event) => event !== 'declared');
  expect(story).toEqual(
    expect.arrayContaining([
      'turn-failed',
      'incident-opened',
      'attempt',
      'exited',
      'restarting',
      'recovered',
      'incident-closed',
    ]),
  );
  expect(story.indexOf('recovered')).toBeGreaterThan(story.lastIndexOf('restarting'));
});

test('while every new process is rejected too, attempts wait for the quiet schedule and nobody is called healthy', async () => {
  const script = { faults: [{ when: { untilFile: 'open' }, do: { api: '401' as const } }] };
  const quiet = { auth: { quiet: { min: '300ms', max: '600ms', longMax: '1s', jitter: 0 } } };
  const fleet = standInBox(['ada'], script, quiet);
  await fleet.ok('start');
  const answer = fleet.av('send', 'ada', 'patience', '--wait');
  await fleet.until('ada', ({ health, auth401s }) => health === 'quiet' && auth401s >= 3);
  const { writeFileSync } = await import('node:fs');
  writeFileSync(`${fleet.dir}/open`, '');
  const { code, stdout, stderr } = await answer;
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'answer to: patience\n' });
  expect(stderr).toMatch(/^agentvisor: the message waits, ada is up and quiet: .* The next attempt .* is at /m);
  const [incident] = await fleet.incidents();
  const attempts = incident?.attempts ?? [];
  expect(attempts.slice(0, -1).every(({ outcome }) => outcome === 'failed')).toBe(true);
  expect(attempts.at(-1)?.outcome).toBe('recovered');
  const at = attempts.map((attempt) => Date.parse(attempt.at));
  const pauses = at.slice(1).map((time, index) => time - (at[index] ?? 0));
  expect(pauses.every((pause) => pause >= 300)).toBe(true);
  expect(await fleet.row('ada')).toMatchObject({ health: 'healthy', incident: null });
});

test('a message that ends its agent three times is given up and shown, and the next one is answered', async () => {
  const script = { faults: [{ when: { contains: 'poison' }, do: { exit: { at: 'message' as const, code: 1 } } }] };
  const fleet = standInBox(['ada'], script, { restart: { delayMin: '10ms', delayMax: '20ms' } });
  await fleet.ok('start');
  const poisoned = fleet.av('send', 'ada', 'poison', '--wait');
  await fleet.until('ada', ({ inTurn, restarts }) => inTurn || restarts > 0);
  const good = fleet.ok('send', 'ada', 'good', '--wait');
  expect(await poisoned).toMatchObject({ code: 1, stdout: '' });
  expect((await poisoned).stderr).toContain('crash');
  expect(await good).toBe('answer to: good\n');
});
