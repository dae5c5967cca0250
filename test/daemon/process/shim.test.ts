import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { readStat } from '../../../src/home/proc-stat.ts';
import { processTable, sweeper } from '../../../src/daemon/process/sweep.ts';
import { linesIn, scene, until } from './scene.ts';

const READY_THEN_WAIT = 'echo ready; exec sleep 1000';

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const)('a %s to the group ends the agent, and the shim lives to record %i', async (signal, code) => {
  const { startScript } = scene();
  const run = await startScript(READY_THEN_WAIT);
  expect(await sweeper.signalGroup(run.runDir, run.shimPid, signal)).toBe(true);
  expect((await run.ended).code).toBe(code);
});

test('the exit code of the agent is recorded, with the time at which it ended', async () => {
  const { start } = scene();
  const run = await start(['/bin/sh', '-c', 'exit 7']);
  const exit = await run.ended;
  expect(exit).toEqual({ code: 7, at: Math.floor(statSync(run.files.exit).mtimeMs) });
});

test('a KILL of the agent is recorded as 137', async () => {
  const { startScript } = scene();
  const run = await startScript(READY_THEN_WAIT);
  process.kill(run.pid, 'SIGKILL');
  expect((await run.ended).code).toBe(137);
});

test('an agent that ignores TERM is still there after it, and a KILL is recorded', async () => {
  const { startScript } = scene();
  const run = await startScript(`trap '' TERM; trap 'echo interrupted' INT; echo ready; while :; do sleep 0.02; done`);
  await sweeper.signalGroup(run.runDir, run.shimPid, 'SIGTERM');
  await sweeper.signalGroup(run.runDir, run.shimPid, 'SIGINT');
  await linesIn(run.files.stdout, 2);
  process.kill(run.pid, 'SIGKILL');
  expect((await run.ended).code).toBe(137);
});

test('an agent that is killed while it is stopped is recorded', async () => {
  const { startScript } = scene();
  const run = await startScript(READY_THEN_WAIT);
  process.kill(run.pid, 'SIGSTOP');
  await until(() => readStat(run.pid)?.state === 'T');
  process.kill(run.pid, 'SIGKILL');
  expect((await run.ended).code).toBe(137);
});

test('a group that is stopped as a whole ends by TERM, because it is continued after it', async () => {
  const { startScript } = scene();
  const run = await startScript(READY_THEN_WAIT);
  process.kill(-run.shimPid, 'SIGSTOP');
  await until(() => readStat(run.pid)?.state === 'T' && readStat(run.shimPid)?.state === 'T');
  await sweeper.signalGroup(run.runDir, run.shimPid, 'SIGTERM');
  expect((await run.ended).code).toBe(143);
});

test('no trap of the shim reaches the agent: nothing is ignored, caught or blocked in it', async () => {
  const { start } = scene();
  const run = await start(['cat', '/proc/self/status']);
  await run.ended;
  const masks = (await linesIn(run.files.stdout, 1)).filter((line) => /^Sig(Blk|Ign|Cgt)/.test(line));
  const none = '0000000000000000';
  expect(masks).toEqual([`SigBlk:\t${none}`, `SigIgn:\t${none}`, `SigCgt:\t${none}`]);
});

test('the agent gets the environment it was given and nothing else, whatever names the shim could have used', async () => {
  const { start, runDir } = scene();
  const env = { PATH: process.env['PATH'] ?? '', code: 'c', run: 'r', in: 'i', UMLAUT: 'ä\nb', AGENTVISOR_AGENT: 'a' };
  const own = runDir();
  const run = await start([process.execPath, '-e', 'console.log(JSON.stringify(process.env))'], { runDir: own, env });
  await run.ended;
  const seen: Record<string, string> = JSON.parse((await linesIn(run.files.stdout, 1))[0] ?? '');
  // bash as /bin/sh cannot unset its level, it stays 0.
  const { SHLVL: _level, ...rest } = seen;
  expect(rest).toEqual({ ...env, AGENTVISOR_RUN: own });
});

test('arguments arrive unchanged, blanks, quotes, line feeds and empty ones too', async () => {
  const { start } = scene();
  const words = ['a b', `it's`, '"', '$HOME', '', '\n', '*', '-n', '\\'];
  const run = await start([
    process.execPath,
    '-e',
    'console.log(JSON.stringify(process.argv.slice(1)))',
    '--',
    ...words,
  ]);
  await run.ended;
  expect(JSON.parse((await linesIn(run.files.stdout, 1))[0] ?? '')).toEqual(words);
});

test("the agent has the operator's umask, while all files of its run are private", async () => {
  const { start } = scene();
  const run = await start(['/bin/sh', '-c', 'umask'], { umask: 0o002, stdin: 'fifo' });
  await run.ended;
  expect(await linesIn(run.files.stdout, 1)).toEqual(['0002']);
  const modes = readdirSync(run.runDir).map((name) => [name, statSync(`${run.runDir}/${name}`).mode & 0o777]);
  expect(Object.fromEntries(modes)).toEqual({
    'exit.json': 0o600,
    'live.json': 0o600,
    'stderr.log': 0o600,
    'stdout.ndjson': 0o600,
    stdin: 0o600,
  });
  expect(statSync(run.runDir).mode & 0o777).toBe(0o700);
});

test('the agent holds both ends of its FIFO, the shim holds none, and a command agent reads from /dev/null', async () => {
  const { start, startScript } = scene();
  const stream = await startScript(`echo ready; exec sleep 1000`, { stdin: 'fifo' });
  const command = await start(['readlink', '/proc/self/fd/0']);
  const fdinfo = readFileSync(`/proc/${stream.pid}/fdinfo/0`, 'utf8');
  expect(fdinfo).toMatch(/^flags:\s+0\d*2$/m);
  expect(statSync(`/proc/${stream.pid}/fd/0`).isFIFO()).toBe(true);
  expect(statSync(`/proc/${stream.shimPid}/fd/0`).isFIFO()).toBe(false);
  await command.ended;
  expect(await linesIn(command.files.stdout, 1)).toEqual(['/dev/null']);
});

test('nothing of the shim appears in the output of an agent that was killed', async () => {
  const { startScript } = scene();
  const run = await startScript(`echo own words >&2; echo ready; exec sleep 1000`);
  process.kill(run.pid, 'SIGKILL');
  await run.ended;
  expect(readFileSync(run.files.stderr, 'utf8')).toBe('own words\n');
  expect(readFileSync(run.files.stdout, 'utf8')).toBe('ready\n');
});

test('a program that cannot be executed leaves 127 and the reason', async () => {
  const { start } = scene();
  const run = await start(['no-such-program']);
  expect((await run.ended).code).toBe(127);
  expect(readFileSync(run.files.stderr, 'utf8')).toContain('no-such-program');
});

test('a shim whose run folder was removed ends with its agent instead of waiting for ever', async () => {
  const { startScript } = scene();
  const run = await startScript(READY_THEN_WAIT);
  const exit = new Promise((resolve) => run.onExit(resolve));
  rmSync(run.runDir, { recursive: true });
  process.kill(run.pid, 'SIGTERM');
  expect(await exit).toEqual({ code: 143, signal: null });
  expect(existsSync(run.runDir)).toBe(false);
});

test('the shim needs no other process to record an exit: none of its own is ever to be swept', async () => {
  const { startScript } = scene();
  const run = await startScript(READY_THEN_WAIT);
  await until(() => processTable.bearer(run.pid, run.runDir) !== null);
  const bearers = await processTable.bearers(run.runDir);
  expect(new Set(bearers.map(({ pid }) => pid))).toEqual(new Set([run.shimPid, run.pid]));
});

const oomScoreOf = (pid: number | 'self'): string => readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim();

/** Whether the kernel may be told to spare this process; given back at once. */
function maySpare(): boolean {
  const before = existsSync('/proc/self/oom_score_adj') ? oomScoreOf('self') : '';
  try {
    writeFileSync('/proc/self/oom_score_adj', '-100');
    writeFileSync('/proc/self/oom_score_adj', before);
    return true;
  } catch {
    // It needs CAP_SYS_RESOURCE.
    return false;
  }
}

test.runIf(maySpare())(
  'when memory is short the shim is spared as its daemon is, the agent is not (as root)',
  async () => {
    const { startScript } = scene();
    const before = oomScoreOf('self');
    writeFileSync('/proc/self/oom_score_adj', '-100');
    onTestFinished(() => writeFileSync('/proc/self/oom_score_adj', before));
    const run = await startScript('env; echo ready; exec sleep 1000');
    expect([oomScoreOf(run.shimPid), oomScoreOf(run.pid)]).toEqual(['-100', '0']);
    expect(readFileSync(run.files.stdout, 'utf8')).not.toContain('OLDPWD');
  },
);
