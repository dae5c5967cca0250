import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { withClient } from '../../src/client/client.ts';
import { KEEPER_NAME } from '../../src/cli/keeper.ts';
import { launchDaemon } from '../../src/cli/launch.ts';
import { readStat } from '../../src/home/proc-stat.ts';
import { AgentvisorError } from '../../src/protocol/errors.ts';
import { daemonLog, restMark } from '../../src/home/paths.ts';
import { temporaryFolder } from './folder.ts';
import { LIFELINE, withLifeline } from './lifeline.ts';

const CUT_OFF = fileURLToPath(new URL('cut-off-program.ts', import.meta.url));
const PROGRAM = fileURLToPath(new URL('fake-daemon-program.mjs', import.meta.url));

type Report = { pid: number; cwd: string; env: Record<string, string>; stdin: string };

/** The fake daemon tells about itself in its status. */
const report = async (home: string): Promise<Report> =>
  (await withClient(home, (client) => client.call('status', {}))) as unknown as Report;

function endLater(home: string): void {
  onTestFinished(() => withClient(home, (client) => client.call('shutdown', { agents: false })).then(() => undefined));
}

test('a cold home gets a daemon that is detached from who started it', async () => {
  const home = join(temporaryFolder(), 'home');
  const env = await withLifeline({
    ...process.env,
    AGENTVISOR_HOME: 'relative',
    AGENTVISOR_RUN: '/of/an/agent',
    AGENTVISOR_AGENT: 'a',
    OTHER: 'kept',
  });
  const pid = await launchDaemon(home, env, { program: PROGRAM });
  endLater(home);
  const daemon = await report(home);
  expect(daemon).toMatchObject({ pid, cwd: '/', stdin: '/dev/null', env: { AGENTVISOR_HOME: home, OTHER: 'kept' } });
  expect(daemon.env).not.toHaveProperty('AGENTVISOR_RUN');
  expect(daemon.env).not.toHaveProperty('AGENTVISOR_AGENT');
  expect(statSync(home).mode & 0o777).toBe(0o700);
  expect(statSync(daemonLog(home)).mode & 0o777).toBe(0o600);
  expect(readFileSync(daemonLog(home), 'utf8')).toContain('fake daemon is up');
});

test('eight launches at once end with one daemon and eight right answers', async () => {
  const home = temporaryFolder();
  const env = await withLifeline(process.env);
  const pids = await Promise.all(Array.from({ length: 8 }, () => launchDaemon(home, env, { program: PROGRAM })));
  endLater(home);
  expect(new Set(pids).size).toBe(1);
  expect((await report(home)).pid).toBe(pids[0]);
});

test('a launch that met an owner which was just ending tries again', async () => {
  const home = temporaryFolder();
  const program = join(home, 'second-time.mjs');
  writeFileSync(
    program,
    `import { existsSync, writeFileSync } from 'node:fs';
     const met = ${JSON.stringify(join(home, 'met'))};
     if (existsSync(met)) await import(${JSON.stringify(PROGRAM)});
     else writeFileSync(met, '');`,
  );
  const pid = await launchDaemon(home, await withLifeline(process.env), { program });
  endLater(home);
  expect((await report(home)).pid).toBe(pid);
});

test('a launch takes the rest mark away, so that the new keeper keeps', async () => {
  const home = temporaryFolder();
  writeFileSync(restMark(home), '');
  const pid = await launchDaemon(home, await withLifeline(process.env), { program: PROGRAM });
  endLater(home);
  process.kill(pid, 'SIGKILL');
  await expect
    .poll(
      () =>
        report(home).then(
          (daemon) => daemon.pid,
          () => pid,
        ),
      { timeout: 10_000 },
    )
    .not.toBe(pid);
});

test('a daemon that never answers is reported with the last line of its log', async () => {
  const home = temporaryFolder();
  const program = join(home, 'broken.mjs');
  writeFileSync(
    program,
    `import { holdOnToTest } from ${JSON.stringify(LIFELINE)};
     await holdOnToTest();
     console.error("disk on fire");
     process.exit(1);`,
  );
  const failure: unknown = await launchDaemon(home, await withLifeline(process.env), {
    program,
    launchMsMax: 1_000,
  }).catch((error: unknown) => error);
  writeFileSync(restMark(home), '');
  if (!(failure instanceof AgentvisorError)) throw failure;
  process.kill(Number(/pid (\d+)/.exec(failure.nextStep)?.[1]), 'SIGTERM');
  expect(failure).toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('Its last words: disk on fire'),
  });
});

test('a fake daemon and its keeper end when the process that tests with them is killed', async () => {
  const tester = spawn(process.execPath, ['--import', 'jiti/register', CUT_OFF, temporaryFolder()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void tester.kill('SIGKILL'));
  const [printed] = (await once(tester.stdout, 'data')) as [Buffer];
  const daemon = Number(printed.toString());
  const keeper = readStat(daemon)?.parent ?? 0;
  expect(readFileSync(`/proc/${keeper}/cmdline`, 'utf8')).toContain(KEEPER_NAME);
  const isAlive = (pid: number): boolean => !['Z', undefined].includes(readStat(pid)?.state);
  onTestFinished(() => [keeper, daemon].filter(isAlive).forEach((pid) => process.kill(pid, 'SIGKILL')));
  tester.kill('SIGKILL');
  await expect.poll(() => [daemon, keeper].filter(isAlive), { timeout: 10_000 }).toEqual([]);
});
