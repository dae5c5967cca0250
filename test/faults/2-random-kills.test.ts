import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { loadState } from '../../src/home/journal.ts';
import type { StandInBox } from '../daemon/stand-in-box.ts';
import { dyingDaemon, livingDaemon, underWay, type DyingDaemon } from './dying-daemon.ts';
import { brokenCounts, filesWith, wronglyAnswered } from './kills/evidence.ts';
import { BIG, killableFleet, TALKERS, tokenFile, WRITERS } from './kills/fleet.ts';
import { Link } from './kills/link.ts';
import { load } from './kills/load.ts';
import { ACTIVITIES, KillPlan, type Kill } from './kills/plan.ts';
import { doubled, livingRuns } from './kills/processes.ts';

/**
 * Fault 2: the daemon is killed again and again, whatever it is at. What is chosen follows from a seed; when a kill
 * at a random instant hits, and what the fleet is at then, does not.
 */

const KILLS = Number(process.env['RANDOM_KILLS'] ?? 200);
/** Of each activity, when there are 200. */
const MET_MIN = Math.floor(KILLS / 20);
const SEED = Number(process.env['RANDOM_KILLS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const REPLAY = `RANDOM_KILLS_SEED=${SEED} RANDOM_KILLS=${KILLS} npx vitest run --project unit test/faults/2-random-kills.test.ts`;
/** How long a daemon may live behind its beginning, which takes as long as the machine takes. */
const WORK_MS_MAX = 450;
/** A daemon that has not come by its point after so many lives is killed where it is. */
const PATIENCE_LIVES = 2;
const NOT_WRITTEN_DOWN = 'No message found with message.uuid';
const CUT = 'a message was cut in the middle on its way in';
/** For what is under way at the last kill: rotations and crashes have pauses of their own. */
const END_MS_MAX = 90_000;
const TEST_MS_MAX = 900_000;

test(
  `a daemon that is killed ${KILLS} times at random loses nothing and does nothing twice`,
  { timeout: TEST_MS_MAX },
  async () => {
    console.log(`Play it again: ${REPLAY}`);
    const fleet = killableFleet();
    const begunAt = performance.now();
    const first = await livingDaemon(fleet);
    const lifeMs = performance.now() - begunAt + WORK_MS_MAX;
    await fleet.ok('start');
    const link = new Link(fleet.home);
    const work = load(link);
    // What is wrong with it is told when the kills are over.
    work.catch(() => undefined);
    await first.kill();
    const met = await killAll(fleet, link, lifeMs);
    await livingDaemon(fleet);
    link.begin();
    link.close();
    const done = await inTime(work, fleet);
    await checkAgents(fleet);
    await link.ask('stop', { targets: ['all'] });
    expect(livingRuns(fleet.home)).toEqual([]);
    expect.soft(done.broken).toEqual([]);
    for (const agent of [...TALKERS, BIG]) {
      const asked = done.asked.filter((one) => one.agent === agent);
      expect.soft(wronglyAnswered(fleet, agent, asked)).toEqual([]);
      expect.soft(asked.length).toBeGreaterThan(KILLS / 20);
    }
    for (const agent of WRITERS) expect.soft(brokenCounts(fleet, agent)).toEqual([]);
    expect.soft(await badEnds(fleet)).toEqual([]);
    expect.soft(done.ends).toContain('done');
    expect.soft(done.tokens).toContain(readFileSync(tokenFile(fleet), 'utf8').trim());
    expect.soft(readdirSync(fleet.dir).filter((name) => name.startsWith('token'))).toEqual(['token']);
    expect.soft(filesWith(fleet.home, done.tokens)).toEqual([]);
    console.log(`${done.asked.length} messages, rotations: ${done.ends.join(' ')}`);
    for (const activity of ACTIVITIES) expect.soft(met.get(activity) ?? 0, activity).toBeGreaterThanOrEqual(MET_MIN);
  },
);

/** As often as is wanted, and on until each activity was met often enough. */
async function killAll(fleet: StandInBox, link: Link, lifeMs: number): Promise<ReadonlyMap<string, number>> {
  const plan = new KillPlan(SEED);
  const met = new Map<string, number>();
  const lines: string[] = [];
  const isShort = (): boolean => ACTIVITIES.some((activity) => (met.get(activity) ?? 0) < MET_MIN);
  try {
    for (let n = 1; n <= KILLS || (isShort() && n <= 2 * KILLS); n += 1) {
      const kill = plan.next(met);
      const daemon = dyingDaemon(fleet, kill.how === 'instant' ? undefined : kill.death);
      await Promise.all([daemon.answers().then((isUp) => isUp && link.begin()), ended(daemon, kill, lifeMs)]);
      link.end();
      const doing = underWay(daemon.trace());
      for (const activity of doing) met.set(activity, (met.get(activity) ?? 0) + 1);
      lines.push(`${n}. ${told(kill, daemon, lifeMs)}: ${doing.join(', ') || 'waiting'}`);
      expect(wrongNow(fleet, daemon)).toEqual([]);
    }
  } finally {
    console.log([...lines, summary(met)].join('\n'));
  }
  return met;
}

/** What no death of a daemon may leave: two processes of an agent, a state that is damaged. */
function wrongNow({ home }: StandInBox, daemon: DyingDaemon): readonly string[] {
  const said = daemon.said().split('\n');
  return [
    ...doubled(livingRuns(home)),
    ...loadState(home).damage.map(({ what }) => what),
    ...said.filter((line) => / state: /.test(line)),
  ];
}

/** Settles when it is dead. */
async function ended(daemon: DyingDaemon, kill: Kill, lifeMs: number): Promise<void> {
  const lives = kill.how === 'instant' ? kill.share : PATIENCE_LIVES;
  await Promise.race([daemon.dead, sleep(lives * lifeMs)]);
  await daemon.kill();
}

function told(kill: Kill, daemon: DyingDaemon, lifeMs: number): string {
  if (kill.how === 'instant') return `after ${Math.round(kill.share * lifeMs)} ms`;
  const { point, hit } = kill.death;
  const hits = daemon.trace().filter((reached) => reached.point === point).length;
  const lost = daemon.trace().findLast((reached) => reached.point === 'lost')?.subject;
  const cut = lost === undefined ? '' : `, power cut, ${lost} bytes lost`;
  return hits < hit ? `never at ${point} ${hit}, killed meanwhile` : `at ${point} ${hit}${cut}`;
}

const summary = (met: ReadonlyMap<string, number>): string =>
  `Killed in: ${ACTIVITIES.map((activity) => `${activity} ${met.get(activity) ?? 0}`).join(', ')}`;

/** What was begun must come to its end. @throws with what the agents wait for */
async function inTime<T>(work: Promise<T>, fleet: StandInBox): Promise<T> {
  const end = await Promise.race([work.then((done) => ({ done })), sleep(END_MS_MAX, null, { ref: false })]);
  if (end !== null) return end.done;
  const rows = await fleet.client().call('explain', { targets: [] });
  throw new Error(`It does not come to its end. ${rows.map(({ text }) => text).join(' ')}`);
}

/** Everybody is up, as `list --json` says: the process that is named bears the mark of the run that is named. */
async function checkAgents(fleet: StandInBox): Promise<void> {
  await expect
    .poll(async () => (await fleet.rows()).map(({ name, state }) => `${name} ${state}`), { timeout: 20_000 })
    .toEqual([...TALKERS, BIG, ...WRITERS].map((name) => `${name} running`));
  const living = livingRuns(fleet.home).map(({ agent, run, agents }) => ({ name: agent, run, pid: agents[0] }));
  const listed = (await fleet.rows()).map(({ name, run, pid }) => ({ name, run, pid }));
  const byName = (one: { name: string }, other: { name: string }): number => (one.name < other.name ? -1 : 1);
  expect(living.toSorted(byName)).toEqual(listed.toSorted(byName));
}

/**
 * Nobody ended but for what was asked of it, or for a message that was cut in two on its way in. An agent that a stop has killed
 * between its saying something and its writing it down cannot be resumed there: it says so, and is started again without. The
 * power cuts of this test let agents live on: one may have got a TERM of whose reason the journal has lost the end.
 */
async function badEnds(fleet: StandInBox): Promise<readonly string[]> {
  const events = await fleet.client().call('events', { lines: 100_000 });
  const cut = new Set(events.filter(({ detail }) => detail === CUT).map(({ run }) => run));
  return events
    .filter(({ event, cause, run }) => event === 'exited' && cause !== 'operator' && !cut.has(run))
    .filter(({ cause, detail }) => cause !== 'session-unusable' || !detail.includes(NOT_WRITTEN_DOWN))
    .filter(({ cause, detail }) => cause !== 'signal' || detail !== 'exit code 143')
    .map(({ agent, run, cause, detail }) => `${agent} ${run}: ${cause} ${detail}`);
}
