import { readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bearersUnder, TOKEN, type Box } from '../box.ts';
import { runCli } from '../cli/run-cli.ts';
import { foregroundDaemon } from './foreground.ts';
import { standInBox } from './stand-in-box.ts';

const runFolders = (box: Box, name: string): string[] => {
  const runs = join(box.home, 'agents', name, 'runs');
  return readdirSync(runs)
    .toSorted()
    .map((run) => join(runs, run));
};

const results = (box: Box, name: string): string[] =>
  box.stdout(name).filter((line) => (JSON.parse(line) as { type: string }).type === 'result');

/** As a daemon leaves its journal that dies right before this event. */
function forgetFrom(box: Box, type: string): void {
  const path = join(box.home, 'state', 'journal.ndjson');
  const lines = readFileSync(path, 'utf8').split('\n');
  const at = lines.findIndex((line) => line.includes(`"type":"${type}"`));
  expect(at).toBeGreaterThan(0);
  writeFileSync(path, lines.slice(0, at).join('\n'));
}

test('an agent whose start nobody recorded is adopted, asked whether it listens, and its credential is known again', async () => {
  const fleet = standInBox(['ada']);
  const daemon = await foregroundDaemon(fleet);
  await fleet.ok('start');
  const { pid } = await fleet.row('ada');
  await daemon.killed();
  forgetFrom(fleet, 'spawned');
  // What it said to the dead daemon's question: to the next one it was never asked.
  truncateSync(join(runFolders(fleet, 'ada')[0] ?? '', 'stdout.ndjson'));
  await foregroundDaemon(fleet);
  const ada = await fleet.until('ada', ({ state }) => state === 'running');
  expect(ada).toMatchObject({ pid, restarts: 0, adopted: true });
  expect(await fleet.ok('send', 'ada', 'hello', '--wait')).toBe('answer to: hello\n');
  await fleet.ok('restart', 'ada');
  expect((await fleet.row('ada')).credential?.fingerprint).toMatch(/^[0-9a-f]{8}$/);
});

test('an agent that answered while no daemon lived, and then died with its shim, is not asked again', async () => {
  const script = { faults: [{ when: { untilFile: 'go' }, do: { api: 'hang' as const } }] };
  const fleet = standInBox(['ada'], script);
  const daemon = await foregroundDaemon(fleet);
  await fleet.ok('start');
  const { id } = JSON.parse(await fleet.ok('send', 'ada', 'once', '--json')) as { id: string };
  await fleet.until('ada', ({ inTurn }) => inTurn);
  await expect.poll(() => fleet.stdout('ada').some((line) => line.includes('"init"'))).toBe(true);
  await daemon.killed();
  writeFileSync(join(fleet.dir, 'go'), '');
  await expect.poll(() => results(fleet, 'ada').length).toBe(1);
  const [shim = 0, agent = 0] = bearersUnder(join(fleet.home, 'agents/ada')).toSorted((a, b) => a - b);
  process.kill(shim, 'SIGKILL');
  process.kill(agent, 'SIGKILL');
  await foregroundDaemon(fleet);
  expect(await fleet.client().call('outcome', { agent: 'ada', id })).toMatchObject({ answer: 'answer to: once' });
  // Its token came from the environment and died with it.
  await fleet.ok('start');
  expect(await fleet.ok('send', 'ada', 'twice', '--wait')).toBe('answer to: twice\n');
  expect(results(fleet, 'ada')).toHaveLength(2);
});

test('an agent that is stopped while its secret is still being fetched does not begin to live afterwards', async () => {
  const own = standInBox([]);
  const [went, pids, secret] = [join(own.dir, 'go'), join(own.dir, 'pids'), join(own.dir, 'secret')];
  // As everybody should: what stands in a command line can be read by everybody.
  writeFileSync(secret, TOKEN, { mode: 0o600 });
  const fetch = `echo $$ >>${pids}; until [ -e ${went} ]; do sleep 0.05; done; cat ${secret}`;
  own.write({
    credentials: { slow: { type: 'oauth-token', from: { command: ['/bin/sh', '-c', fetch] } } },
    agents: [
      { name: 'ada', mode: 'command', command: ['sleep', '3600'], credential: 'slow', stop: { killTimeout: '10ms' } },
    ],
  });
  const started = own.av('start');
  await expect.poll(() => readLines(pids).length, { timeout: 10_000 }).toBe(1);
  await own.ok('stop', 'ada');
  await started;
  const again = own.ok('start', 'ada');
  await expect.poll(() => readLines(pids).length, { timeout: 10_000 }).toBe(2);
  writeFileSync(went, '');
  await again;
  await expect.poll(() => readLines(pids).filter(isAlive), { timeout: 10_000 }).toEqual([]);
  expect(bearersUnder(join(own.home, 'agents/ada'))).toHaveLength(2);
});

test('a home that is reached through a link is the same home: its agents are not started a second time', async () => {
  const own = standInBox([]);
  const link = join(own.dir, 'link');
  own.write({ agents: [{ name: 'ada', mode: 'command', command: ['sleep', '3600'] }] });
  await own.ok('validate');
  symlinkSync(own.dir, link);
  const env = { HOME: own.userHome };
  expect(await runCli(['start'], { home: join(link, 'home'), cwd: own.dir, env })).toMatchObject({ code: 0 });
  const { pid } = await own.row('ada');
  await own.ok('daemon', 'stop');
  await own.ok('daemon', 'restart');
  expect(await own.row('ada')).toMatchObject({ pid, restarts: 0, state: 'running' });
  expect(bearersUnder(join(own.home, 'agents/ada'))).toHaveLength(2);
});

const readLines = (path: string): string[] => {
  try {
    return readFileSync(path, 'utf8').trim().split('\n');
  } catch {
    // Not begun yet.
    return [];
  }
};

const isAlive = (pid: string): boolean => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    // Gone.
    return false;
  }
};
