import { spawn } from 'node:child_process';
import { appendFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { wrongIn, type Minute } from '../../soak/verdict.ts';
import { box, type Box } from '../box.ts';
import { expectsPassRule, probedDaemon } from './pass-rule.ts';

/** What is checked behind the faults is broken here, one thing after the other, to see that it would be noticed. */

const broken = (own: Box, rule: Parameters<typeof expectsPassRule>[1] = {}): Promise<string> =>
  expectsPassRule(own, { agreeMsMax: 500, ...rule }).then(
    () => 'nothing',
    (error: unknown) => inspect(error, { depth: 5 }),
  );

/** A process that says to be of that run. */
async function pretender(own: Box, agent: string, run: string): Promise<() => void> {
  const env = { ...process.env, AGENTVISOR_RUN: join(own.home, 'agents', agent, 'runs', run) };
  const child = spawn('sh', ['-c', 'echo up; exec sleep 1000'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise((up) => child.stdout.once('data', up));
  const end = (): void => void child.kill('SIGKILL');
  onTestFinished(end);
  return end;
}

test('each thing that the rule for all faults asks for is missed when it is not so', async () => {
  const own = box();
  const tiny = { claude: { bin: join(import.meta.dirname, 'tiny-agent.sh') } };
  own.write({
    agents: [
      { name: 'ada', cwd: './ada', ...tiny },
      { name: 'bob', cwd: './bob', ...tiny },
    ],
  });
  const daemon = await probedDaemon(own);
  await own.ok('start');
  await own.ok('stop', 'bob');
  const { run } = await own.row('ada');
  expect(await broken(own)).toBe('nothing');

  for (const [agent, what] of [
    ['ada', /'ada'|"ada"/],
    ['bob', /bob is not stopped/],
    ['zoe', /zoe is not listed/],
  ] as const) {
    const end = await pretender(own, agent, '999999');
    expect(await broken(own)).toMatch(what);
    end();
    await expect.poll(() => broken(own), { timeout: 10_000 }).toBe('nothing');
  }

  const damaged = join(own.home, 'state/damaged.json');
  writeFileSync(damaged, '{"half":');
  expect(await broken(own)).toContain('damaged.json');
  rmSync(damaged);

  const log = join(own.home, 'agents/ada/runs', run ?? '', 'stdout.ndjson');
  appendFileSync(log, '{"n":1}\n{"n":2}\n{"n":4}\n');
  expect(await broken(own)).toBe('nothing');
  const numberOf = (line: string): number | null => (JSON.parse(line) as { n?: number }).n ?? null;
  expect(await broken(own, { numberOf })).toMatch(/to (?:deeply )?equal/);
  appendFileSync(log, 'no JSON\n');
  expect(await broken(own)).toMatch(/to (?:deeply )?equal/);
  truncateSync(log);

  const now = await daemon.held();
  expect(await broken(own, { held: { before: now, now } })).toBe('nothing');
  expect(await broken(own, { held: { before: now, now: { ...now, files: now.files + 10 } } })).toContain(
    'less than or equal',
  );
  expect(await broken(own, { held: { before: now, now: { ...now, heapBytes: now.heapBytes * 1.2 } } })).toContain(
    'less than or equal',
  );
}, 90_000);

test('the verdict of the long run of idle agents tells each thing that has grown, and a daemon that was not at rest', () => {
  const calm: Minute = { isQuiet: true, share: 0.003, rssBytes: 6e7, heapBytes: 1e7, files: 84, timers: 1 };
  const verdict = (change: Partial<Minute>): readonly string[] =>
    wrongIn([calm, { ...calm, isQuiet: false, share: 0.5 }, calm, { ...calm, ...change }]);
  expect(verdict({})).toEqual([]);
  expect(verdict({ rssBytes: 6.2e7, heapBytes: 1.04e7 })).toEqual([]);
  expect(verdict({ files: 85 })).toEqual(['85 descriptors at the end, 84 at the beginning']);
  expect(verdict({ timers: 2 })).toEqual(['2 timers at the end, 1 at the beginning']);
  expect(verdict({ rssBytes: 6.4e7 })).toEqual([
    'resident memory has grown from 57.2 MB to 61.0 MB, by more than 5.00 %',
  ]);
  expect(verdict({ heapBytes: 1.06e7 })).toEqual(['heap has grown from 9.5 MB to 10.1 MB, by more than 5.00 %']);
  expect(verdict({ share: 0.01 })).toEqual(['idle it used 0.53 % of a processor, more than 0.50 %']);
  expect(verdict({ share: 1 })).toHaveLength(2);
  expect(wrongIn([calm])).toHaveLength(1);
});
