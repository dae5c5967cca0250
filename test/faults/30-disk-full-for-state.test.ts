import { readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadState } from '../../src/home/journal.ts';
import { foregroundDaemon, type ForegroundDaemon } from '../daemon/foreground.ts';
import { faultBox, identities, type FaultBox } from './fault-box.ts';
import { MAY_MOUNT, putOn, smallDisk, type SmallDisk } from './state-disk.ts';

type Scene = { readonly disk: SmallDisk; readonly fleet: FaultBox; readonly daemon: ForegroundDaemon };

/** Two agents that have answered, and a state on a disk of one megabyte that has become full. */
async function full(): Promise<Scene> {
  const disk = smallDisk();
  const fleet = faultBox(['ada', 'bob']);
  putOn(disk, join(fleet.home, 'state'));
  const daemon = await foregroundDaemon(fleet);
  await fleet.ok('start');
  await fleet.ok('send', 'ada', 'one', '--wait');
  await fleet.ok('save');
  disk.fill();
  return { disk, fleet, daemon };
}

const degraded = async (fleet: FaultBox): Promise<string> => (await fleet.row('ada')).degraded.join('\n');

describe.skipIf(!MAY_MOUNT)('on a disk that is full of other things', () => {
  test('agents go on, it is said, what is asked for is done and the exit code says that it is not kept', async () => {
    const { fleet } = await full();
    // The page that the journal had begun still has room: the disk refuses with one of the next events.
    await expect.poll(async () => (await fleet.av('pause', 'bob'), await fleet.av('resume', 'bob')).code).toBe(1);
    const { code, stderr } = await fleet.av('stop', 'bob');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/done, but the disk does not keep it \(.*ENOSPC/),
    });
    expect(await fleet.row('bob')).toMatchObject({ state: 'stopped', pid: null });
    expect(await degraded(fleet)).toContain('ENOSPC');
    expect(await fleet.ok('list')).toMatch(/^degraded: .*ENOSPC/m);
    const message = await fleet.av('send', 'ada', 'two');
    expect(message).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Nothing was done: the disk refuses .*ENOSPC/),
    });
    expect((await fleet.row('ada')).queued).toBe(0);
    expect((await fleet.av('save')).code).toBe(1);
    // The last good state is still there, whole.
    expect(loadState(fleet.home)).toMatchObject({ damage: [], fleet: { agents: { ada: {}, bob: {} } } });
    // Half of one that did not fit does not take the room that there is.
    expect(readdirSync(realpathSync(join(fleet.home, 'state'))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('it recovers by itself when there is room again, and nothing of what was done meanwhile is lost', async () => {
    const { disk, fleet, daemon } = await full();
    let asked = 0;
    const pauseAndResume = async (): Promise<number | null> => {
      asked += 1;
      await fleet.av('pause', 'ada');
      return (await fleet.av('resume', 'ada')).code;
    };
    await expect.poll(pauseAndResume).toBe(1);
    // The page that the history had begun has room for some: until it is full, and a line was cut by that.
    const refusal = async (): Promise<string> => (await pauseAndResume(), await degraded(fleet));
    await expect.poll(refusal, { timeout: 20_000 }).toMatch(/^history: /m);
    // All of these are lines that the disk does not take.
    for (let more = 0; more < 3; more += 1) await pauseAndResume();
    expect((await fleet.av('stop', 'bob')).code).toBe(1);
    disk.free();
    await expect.poll(() => degraded(fleet), { timeout: 15_000 }).toBe('');
    expect(await fleet.ok('send', 'ada', 'two', '--wait')).toBe('answer to: two\n');
    const before = await fleet.rows();
    await daemon.killed();
    await foregroundDaemon(fleet);
    expect(identities(await fleet.rows())).toEqual(identities(before));
    expect(before[1]).toMatchObject({ name: 'bob', desired: 'down', state: 'stopped' });
    // What the histories could not take was written behind.
    const history = readFileSync(fleet.stateFile('history.ndjson'), 'utf8').split('\n');
    expect(history.filter((line) => line.includes('"stopped"') && line.includes('"bob"'))).toHaveLength(1);
    expect(history.filter((line) => line.includes('"event":"paused"'))).toHaveLength(asked);
    for (const line of history.filter((text) => text !== '')) expect(() => void JSON.parse(line)).not.toThrow();
  });

  test('a daemon that is killed meanwhile is followed by one that goes on with the last good state', async () => {
    const { disk, fleet, daemon } = await full();
    const before = await fleet.rows();
    await expect.poll(async () => (await fleet.av('pause', 'bob'), await fleet.av('resume', 'bob')).code).toBe(1);
    // What is known by now takes more room than what it would replace.
    const large = join(fleet.dir, 'large.json');
    const big = { name: 'big', mode: 'command', command: ['sleep', '1000'], env: { BIG: 'x'.repeat(20_000) } };
    writeFileSync(large, JSON.stringify({ agents: [big] }));
    expect(await fleet.av('start', large)).toMatchObject({ code: 1, stderr: expect.stringContaining('ENOSPC') });
    expect((await fleet.av('stop', 'big')).code).toBe(1);
    await daemon.killed();
    await foregroundDaemon(fleet);
    expect(identities(await fleet.rows())).toEqual(identities(before));
    expect((await fleet.av('stop', 'bob')).code).toBe(1);
    expect(await degraded(fleet)).not.toContain('damaged');
    disk.free();
    await expect.poll(() => degraded(fleet), { timeout: 15_000 }).not.toContain('ENOSPC');
    expect(await fleet.ok('send', 'ada', 'two', '--wait')).toBe('answer to: two\n');
    expect(fleet.corrupt()).toEqual([]);
  });
});
