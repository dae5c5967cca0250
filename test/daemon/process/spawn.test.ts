import { spawn } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startTimeOf } from '../../../src/home/process-identity.ts';
import { readStat } from '../../../src/home/proc-stat.ts';
import { runFiles } from '../../../src/daemon/process/run-files.ts';
import { SpawnRefused, spawnRun, type SpawnPlan } from '../../../src/daemon/process/spawn.ts';
import { scene, until } from './scene.ts';

const plan = (runDir: string, change: Partial<SpawnPlan> = {}): SpawnPlan => ({
  runDir,
  argv: ['/bin/true'],
  cwd: '/',
  stdin: 'null',
  ...change,
  env: { ...change.env, AGENTVISOR_RUN: runDir },
});

const refusal = (spawned: Promise<unknown>): Promise<unknown> =>
  spawned.then(
    () => 'spawned',
    (cause: unknown) => cause,
  );
const openFiles = (): number => readdirSync('/proc/self/fd').length;

test('the shim leads a session and a group of its own, and its start time is known', async () => {
  const { startScript } = scene();
  const run = await startScript('echo ready; exec sleep 1000');
  const shim = readStat(run.shimPid);
  expect(shim).toMatchObject({ group: run.shimPid, session: run.shimPid, start: run.shimStart });
  expect(readStat(run.pid)).toMatchObject({ parent: run.shimPid, group: run.shimPid });
  expect(startTimeOf(run.pid)).not.toBeNull();
});

test('the exit is reported while a grandchild still holds the output files', async () => {
  const { startScript } = scene();
  const run = await startScript('sleep 1000 & echo ready; exit 3');
  expect(await new Promise((resolve) => run.onExit(resolve))).toEqual({ code: 3, signal: null });
  expect(await new Promise((resolve) => run.onExit(resolve))).toEqual({ code: 3, signal: null });
});

test('a run folder serves one run only: a second spawn is refused and leaves the first alone', async () => {
  const { startScript } = scene();
  const run = await startScript('echo ready; exec sleep 1000');
  expect(await refusal(spawnRun(plan(run.runDir)))).toMatchObject({ name: 'SpawnRefused', what: 'used-before' });
  expect(readFileSync(run.files.stdout, 'utf8')).toBe('ready\n');
});

test('an environment of 3 MB is refused, though Node throws it instead of reporting it', async () => {
  const { runDir } = scene();
  const own = runDir();
  const env = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`V${n}`, 'x'.repeat(100_000)]));
  const refused = await refusal(spawnRun(plan(own, { env })));
  expect(refused).toBeInstanceOf(SpawnRefused);
  expect(refused).toMatchObject({ what: 'too-big' });
  expect(existsSync(own)).toBe(false);
});

test('without free descriptors a spawn is refused, nothing stays behind, and it succeeds as soon as there are enough', async () => {
  const { runDir } = scene();
  const own = runDir();
  const before = openFiles();
  const refusals: SpawnRefused[] = [];
  for (let free = 0; ; free++) {
    const taken = takeDescriptors(free);
    const spawning = spawnRun(plan(own)).catch((cause: unknown) => cause);
    for (const file of taken) closeSync(file);
    const outcome = await spawning;
    if (!(outcome instanceof SpawnRefused)) break;
    refusals.push(outcome);
    expect(existsSync(own)).toBe(false);
  }
  expect(new Set(refusals.map(({ what }) => what))).toEqual(new Set(['descriptors']));
  // Both ways were met: no descriptor for the output files, and none for the child.
  const reasons = refusals.map(({ message }) => /started: (\w+)/.exec(message)?.[1]);
  expect(new Set(reasons)).toEqual(new Set(['EMFILE', 'spawn']));
  await until(() => openFiles() <= before);
});

/** All descriptors of this process but so many. */
function takeDescriptors(free: number): number[] {
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {
    // EMFILE: that is the aim.
  }
  for (const file of taken.splice(0, free)) closeSync(file);
  return taken;
}

test('without free processes a spawn is refused', async () => {
  const { dir, runDir, file } = scene();
  const source = fileURLToPath(new URL('../../../src/daemon/process/spawn.ts', import.meta.url));
  const script = file(
    'spawner.ts',
    `import { spawnRun } from ${JSON.stringify(source)};
     console.log('ready');
     process.stdin.once('data', () => {
       const runDir = ${JSON.stringify(runDir())};
       spawnRun({ runDir, argv: ['/bin/true'], cwd: '/', stdin: 'null', env: { AGENTVISOR_RUN: runDir } })
         .then(() => 'spawned', (cause) => cause.what)
         .then((outcome) => { console.log(outcome); process.exit(0); });
     });`,
  );
  // The limit counts the processes of a user and does not bind root, who therefore becomes somebody without any.
  const user = process.getuid?.() === 0 ? { uid: 54_321, gid: 54_321 } : {};
  if (user.uid !== undefined) chownSync(dir, user.uid, user.gid);
  const jiti = fileURLToPath(import.meta.resolve('jiti/register'));
  const child = spawn(process.execPath, ['--import', jiti, script], {
    ...user,
    cwd: dir,
    env: { PATH: process.env['PATH'] ?? '', JITI_FS_CACHE: 'false' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('ready');
  const limit = spawn('prlimit', [`--pid=${child.pid}`, '--nproc=1:1'], user);
  expect(await new Promise((resolve) => limit.on('exit', resolve))).toBe(0);
  child.stdin.write('go\n');
  expect((await lines.next()).value).toBe('processes');
});

test('100 runs leave no descriptor open', async () => {
  const { runDir } = scene();
  const before = openFiles();
  for (let batch = 0; batch < 5; batch++) {
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const run = await spawnRun(plan(runDir()));
        await new Promise((resolve) => run.onExit(resolve));
      }),
    );
  }
  await until(() => openFiles() <= before);
  expect(openFiles()).toBeLessThanOrEqual(before);
});

test('a hundred orphans of an agent never become children of this process', async () => {
  const { startScript } = scene();
  const run = await startScript('i=0; while [ $i -lt 100 ]; do (sleep 1000 &) ; i=$((i+1)); done; echo ready');
  await new Promise((resolve) => run.onExit(resolve));
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean);
  const bearers = children.filter((pid) => readStat(Number(pid))?.group === run.shimPid);
  expect(bearers).toEqual([]);
});

test('a run without its cookie is our own bug', async () => {
  const { runDir } = scene();
  await expect(spawnRun({ ...plan(runDir()), env: {} })).rejects.toThrow('agentvisor bug');
});

test('a folder with files of the caller can become a run, and keeps them when the spawn is refused', async () => {
  const { runDir, start } = scene();
  const own = runDir();
  const first = await start(['/bin/true']);
  await first.ended;
  const settings = `${own}/settings.json`;
  mkdirSync(own, { mode: 0o700 });
  writeFileSync(settings, '{}');
  const huge = { env: { BIG: 'x'.repeat(3_000_000) } };
  expect(await refusal(spawnRun(plan(own, huge)))).toMatchObject({ what: 'too-big' });
  expect(statSync(settings).isFile()).toBe(true);
  expect(existsSync(runFiles(own).stdout)).toBe(false);
});
