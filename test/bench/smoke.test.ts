import { expect, test } from 'vitest';
import { openBench } from '../../bench/bench.ts';
import { list } from '../../bench/measures/list.ts';
import { agentvisor } from '../../bench/peers/agentvisor.ts';
import { kilobytes, memoryOf } from '../../bench/processes.ts';
import { VERSION } from '../../src/protocol/version.ts';
import { bearersUnder } from '../box.ts';

test('a measure runs from end to end beside the floor, without a peer, and leaves nobody behind', async () => {
  const { bench, close } = openBench(true, [agentvisor(VERSION)]);
  const folders: string[] = [];
  const folder = (): string => {
    const made = bench.folder();
    folders.push(made);
    return made;
  };
  const { groups, goals } = await list.run({ ...bench, folder, say: () => undefined }).finally(close);
  expect(groups).toHaveLength(1);
  expect(groups[0]?.rows.map(({ who, samples }) => [who, samples.length, samples.every((ms) => ms > 0)])).toEqual([
    ['`agentvisor list --json`', 5, true],
    ['Node client that asks a unix socket once', 5, true],
    ['`node -e 0`', 5, true],
  ]);
  // Of what was left out nothing is said.
  expect(goals.map(({ reached }) => typeof reached)).toEqual(['boolean', 'object']);
  expect(folders).toHaveLength(3);
  expect(folders.flatMap(bearersUnder)).toEqual([]);
});

test('memory is read in bytes, and a process that has gone has none', () => {
  expect(kilobytes('Rss:                1728 kB\nPss:                 161 kB\nPss_Dirty: 5 kB\n', 'Pss')).toBe(
    161 * 1024,
  );
  const own = memoryOf([process.pid]);
  expect(own.rss).toBeGreaterThan(own.pss);
  expect(memoryOf([2 ** 22 + 1])).toEqual({ rss: 0, pss: 0 });
});
