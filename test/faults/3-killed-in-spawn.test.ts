import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bearersUnder } from '../box.ts';
import { standInBox, type StandInBox } from '../daemon/stand-in-box.ts';
import { dyingDaemon, livingDaemon } from './dying-daemon.ts';
import { runDirs } from './streams.ts';

/** Fault 3: the daemon is killed while it starts an agent, between any two steps of that. */

/** An agent that is down, under no daemon. */
async function boxWithAgentDown(): Promise<StandInBox> {
  const fleet = standInBox(['ada'], {}, { credential: null });
  const daemon = await livingDaemon(fleet);
  await fleet.ok('start');
  await fleet.ok('stop', 'ada');
  await daemon.kill();
  return fleet;
}

const bearers = ({ home }: StandInBox): number[] => bearersUnder(join(home, 'agents/ada'));

test.each([
  { point: 'spawn:begin', left: 'nobody', runs: 3 },
  { point: 'spawn:forked', left: 'the process', runs: 2 },
  { point: 'spawn:end', left: 'the process', runs: 2 },
] as const)(
  'a daemon that dies at $point leaves $left, and the next one has one process',
  async ({ point, left, runs }) => {
    const fleet = await boxWithAgentDown();
    const daemon = await livingDaemon(fleet, { point, hit: 1 });
    await expect(fleet.client().call('start', { targets: ['ada'] })).rejects.toThrow('closed the connection');
    await daemon.dead;
    const isThere = left === 'the process';
    // The shim at least; it makes its agent whether a daemon lives or not.
    await expect.poll(() => bearers(fleet).length > 0).toBe(isThere);
    const [shim] = bearers(fleet);
    await dyingDaemon(fleet).answers();
    const ada = await fleet.until('ada', ({ state }) => state === 'running');
    expect(ada).toMatchObject({ desired: 'up', adopted: isThere, restarts: 0, degraded: [] });
    expect(bearers(fleet)).toHaveLength(2);
    if (isThere) expect(bearers(fleet)).toContain(shim);
    expect(bearers(fleet)).toContain(ada.pid);
    // The run that never had a process has a folder only where one was made for it.
    expect(runDirs(fleet.home, 'ada').length).toBeLessThanOrEqual(runs);
    expect(await fleet.ok('send', 'ada', 'hello', '--wait')).toBe('answer to: hello\n');
  },
);

test('what is started by nobody but the daemon itself is known to the next one, also after a power cut', async () => {
  const own = standInBox([]);
  // It crashes once, and is started again a second later.
  const once = ['sh', '-c', 'test -e crashed || { touch crashed; exit 1; }; exec sleep 3600'];
  own.write({ agents: [{ name: 'ada', cwd: './ada', mode: 'command', command: once }] });
  const daemon = await livingDaemon(own, { point: 'spawn:forked', hit: 2, kept: 0 });
  await own.av('start');
  await daemon.dead;
  const [shim] = bearers(own);
  await dyingDaemon(own).answers();
  const ada = await own.until('ada', ({ state }) => state === 'running');
  expect(ada).toMatchObject({ adopted: true, restarts: 1, degraded: [] });
  expect(bearers(own)).toHaveLength(2);
  expect(bearers(own)).toContain(shim);
});
