import { appendFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CORRUPT_KEPT_MAX } from '../../src/home/quarantine.ts';
import { bearersUnder } from '../box.ts';
import { foregroundDaemon, type ForegroundDaemon } from '../daemon/foreground.ts';
import { faultBox, identities, type FaultBox } from './fault-box.ts';
import { expectsPassRule } from './pass-rule.ts';

const DAMAGES: Readonly<Record<string, (file: string) => void>> = {
  'overwritten with garbage': (file) => writeFileSync(file, 'no JSON\n{"neither":\n\u0001\n'),
  'cut in the middle': (file) => truncateSync(file, Math.floor(statSync(file).size / 2)),
  'filled with zeros by a power cut': (file) => writeFileSync(file, Buffer.alloc(statSync(file).size)),
};

/** Two agents that have answered; two snapshots, and a journal behind them. */
async function working(): Promise<{ fleet: FaultBox; daemon: ForegroundDaemon }> {
  const fleet = faultBox(['ada', 'bob']);
  const daemon = await foregroundDaemon(fleet);
  await fleet.ok('start');
  await fleet.ok('send', 'ada', 'one', '--wait');
  await fleet.ok('save');
  await fleet.ok('send', 'bob', 'two', '--wait');
  await fleet.ok('save');
  await fleet.ok('send', 'ada', 'three', '--wait');
  return { fleet, daemon };
}

/** It is said to whoever looks, in every history, and once to the person who is told. */
async function expectSaid(fleet: FaultBox, what: RegExp): Promise<void> {
  expect((await fleet.row('ada')).degraded.join('\n')).toMatch(what);
  expect(await fleet.ok('list')).toMatch(/^degraded: .*damaged/m);
  expect(await fleet.ok('daemon', 'status')).toMatch(/degraded: /);
  for (const name of ['ada', 'bob']) {
    const history = JSON.parse(await fleet.ok('history', name, '--json')) as { event: string; detail: string }[];
    expect(history.filter(({ event }) => event === 'state-damaged').map(({ detail }) => detail)).toEqual([
      expect.stringMatching(what),
    ]);
  }
  await expect.poll(() => fleet.told().map(({ text }) => text)).toEqual([expect.stringMatching(what)]);
}

describe('a daemon that begins with a snapshot that was', () => {
  for (const [how, damage] of Object.entries(DAMAGES)) {
    test(`${how} goes on with the one before and the journal: same agents, nothing forgotten`, async () => {
      const { fleet, daemon } = await working();
      const before = await fleet.rows();
      await daemon.killed();
      damage(fleet.stateFile('snapshot.json'));
      const damaged = readFileSync(fleet.stateFile('snapshot.json'));
      await foregroundDaemon(fleet);
      const after = await fleet.rows();
      expect(identities(after)).toEqual(identities(before));
      expect(after.map(({ lastGoodTurnAt }) => lastGoodTurnAt)).toEqual(
        before.map(({ lastGoodTurnAt }) => lastGoodTurnAt),
      );
      const [kept = '', ...others] = fleet.corrupt();
      expect([kept, others]).toEqual([expect.stringMatching(/^snapshot\.json\.corrupt-\d{8}T\d{9}Z$/), []]);
      expect(readFileSync(fleet.stateFile(kept))).toEqual(damaged);
      await expectSaid(fleet, /snapshot\.json is damaged/);
      expect(await fleet.ok('send', 'bob', 'four', '--wait')).toBe('answer to: four\n');
      await expectsPassRule(fleet);
    });
  }
});

describe('a daemon that begins with a journal that was', () => {
  for (const how of ['overwritten with garbage', 'filled with zeros by a power cut']) {
    test(`${how} forgets what stood in it, finds its agents by their marks and ends none`, async () => {
      const { fleet, daemon } = await working();
      await fleet.ok('restart', 'ada');
      const before = await fleet.rows();
      await daemon.killed();
      for (const file of ['journal.ndjson', 'journal.prev.ndjson']) DAMAGES[how]?.(fleet.stateFile(file));
      rmSync(fleet.stateFile('snapshot.json'));
      await foregroundDaemon(fleet);
      await fleet.until('ada', ({ state }) => state === 'running');
      const after = await fleet.rows();
      expect(after.map(({ name, pid, run }) => ({ name, pid, run }))).toEqual(
        before.map(({ name, pid, run }) => ({ name, pid, run })),
      );
      await expectSaid(fleet, /journal\.ndjson has \d+ damaged line/);
      expect(await fleet.ok('send', 'ada', 'four', '--wait')).toBe('answer to: four\n');
      // Its next run takes no number that was given before.
      await fleet.ok('restart', 'ada');
      expect(Number((await fleet.row('ada')).run)).toBeGreaterThan(Number(before[0]?.run));
      await expectsPassRule(fleet);
    });
  }
});

test('a daemon that has lost all of its state ends nobody, says who lives, and takes them up when they are declared again', async () => {
  const { fleet, daemon } = await working();
  const before = await fleet.rows();
  await daemon.killed();
  for (const file of ['snapshot', 'snapshot.prev']) writeFileSync(fleet.stateFile(`${file}.json`), '{');
  for (const file of ['journal', 'journal.prev']) writeFileSync(fleet.stateFile(`${file}.ndjson`), '\0'.repeat(99));
  await foregroundDaemon(fleet);
  expect(await fleet.rows()).toEqual([]);
  expect((await fleet.av('list')).stderr).toMatch(/degraded: agents: ada \(\d+\), bob \(\d+\) live and are not known/);
  await fleet.ok('start');
  const after = await fleet.rows();
  expect(after.map(({ name, pid, state }) => ({ name, pid, state }))).toEqual(
    before.map(({ name, pid }) => ({ name, pid, state: 'running' })),
  );
  for (const name of ['ada', 'bob']) expect(bearersUnder(`${fleet.home}/agents/${name}`)).toHaveLength(2);
  expect(after[0]?.degraded.join()).not.toContain('not known any more');
  await expectsPassRule(fleet);
  expect(await fleet.ok('send', 'ada', 'four', '--wait')).toBe('answer to: four\n');
});

describe('a daemon that runs, while', () => {
  const files = ['snapshot.json', 'journal.ndjson', 'history.ndjson', 'incidents.ndjson'];
  test('its files are overwritten, has them whole again from memory, and says so', async () => {
    const { fleet, daemon } = await working();
    for (const file of files) writeFileSync(fleet.stateFile(file), 'somebody was here');
    await expect.poll(() => fleet.corrupt(), { timeout: 10_000 }).toHaveLength(files.length);
    const before = await fleet.rows();
    expect(before[0]?.degraded.join('\n')).toMatch(/snapshot\.json was changed.*\n?.*journal\.ndjson was damaged/);
    await expect.poll(() => fleet.told().length).toBeGreaterThan(0);
    await daemon.killed();
    await foregroundDaemon(fleet);
    expect(identities(await fleet.rows())).toEqual(identities(before));
    expect(await fleet.ok('send', 'ada', 'four', '--wait')).toBe('answer to: four\n');
  });

  test('its journal is cut and its snapshot removed, forgets nothing', async () => {
    const { fleet, daemon } = await working();
    const before = await fleet.rows();
    truncateSync(fleet.stateFile('journal.ndjson'), 0);
    rmSync(fleet.stateFile('snapshot.json'));
    await expect
      .poll(async () => (await fleet.row('ada')).degraded.join(), { timeout: 10_000 })
      .toContain('was removed');
    await daemon.killed();
    await foregroundDaemon(fleet);
    expect(identities(await fleet.rows())).toEqual(identities(before));
    await expectsPassRule(fleet);
  });
});

test('of each file only the latest damaged ones are kept, and it is said until a person removes them', async () => {
  const { fleet } = await working();
  for (let round = 1; round <= CORRUPT_KEPT_MAX + 2; round += 1) {
    const kept = fleet.corrupt();
    appendFileSync(fleet.stateFile('history.ndjson'), `damage ${round}\ndamage\n`);
    await expect.poll(() => fleet.corrupt(), { timeout: 10_000 }).not.toEqual(kept);
    await expect.poll(() => readFileSync(fleet.stateFile('history.ndjson'), 'utf8')).not.toContain('damage\n');
  }
  const kept = fleet.corrupt();
  expect(kept).toHaveLength(CORRUPT_KEPT_MAX);
  expect((await fleet.row('ada')).degraded.join()).toContain('damaged files are kept');
  for (const name of kept) rmSync(fleet.stateFile(name));
  await expect.poll(async () => (await fleet.row('ada')).degraded.join()).not.toContain('damaged files are kept');
});
