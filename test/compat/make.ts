import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/**
 * Makes a fixture of what one version leaves in its home and says on its socket. Made once for each release, and for each
 * commit that changed the state before the first one:
 *
 *     node --import jiti/register test/compat/make.ts COMMIT NAME
 *
 * It builds COMMIT in a folder of its own, has two stand-in agents work there, one that latches and is brought back, one that
 * stays in trouble with messages waiting, kills everything with `kill -9`, and keeps `state/`, what `list --json` last said, and
 * answers of the socket in `fixtures/NAME`. Paths of this machine and its boot are replaced; the token is nobody's.
 */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const [commit, name] = process.argv.slice(2);
if (commit === undefined || name === undefined) throw new Error('usage: make.ts COMMIT NAME');

const box = realpathSync(mkdtempSync(join(tmpdir(), 'av-compat-')));
const build = join(box, 'build');
const home = join(box, 'home');
const target = join(ROOT, 'test/compat/fixtures', name);
const env = {
  PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
  HOME: join(box, 'user'),
  LANG: 'C.UTF-8',
  AGENTVISOR_HOME: home,
  TEST_TOKEN: `sk-ant-oat01-${'t0ken'.repeat(19)}`,
};

const REQUESTS = [
  ['hello', { protocol: 1, version: 'x' }],
  ['ping', {}],
  ['status', {}],
  ['list', { targets: [] }],
  ['incidents', { open: false }],
  ['events', { lines: 5 }],
  ['describe', { targets: ['ada'] }],
  ['list', { targets: ['nobody'] }],
  ['subscribe', {}],
] as const;

try {
  buildCommit();
  writeEcosystem();
  await live();
  const list = JSON.parse(av('list', '--json').stdout) as readonly Record<string, unknown>[];
  const frames = await record();
  killAll();
  keep(list, frames);
} finally {
  killAll();
  rmSync(box, { recursive: true, force: true, maxRetries: 3 });
}

function buildCommit(): void {
  mkdirSync(build);
  const archive = execFileSync('git', ['archive', String(commit)], { cwd: ROOT, maxBuffer: 2 ** 28 });
  execFileSync('tar', ['-x', '-C', build], { input: archive });
  symlinkSync(join(ROOT, 'node_modules'), join(build, 'node_modules'));
  try {
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { cwd: build });
  } catch {
    // Its types may not fit the dependencies of today; what was emitted runs.
  }
}

function writeEcosystem(): void {
  for (const folder of ['user', 'bin', 'ada', 'bob']) mkdirSync(join(box, folder));
  const bin = join(box, 'bin/claude.mjs');
  copyFileSync(join(ROOT, 'examples/stand-in/claude.mjs'), bin);
  chmodSync(bin, 0o755);
  const faults = [
    { when: { process: 1, contains: 'latch' }, latch: true, do: { api: '401' } },
    { when: { contains: 'for ever' }, do: { api: '401' } },
  ];
  writeFileSync(join(box, 'script.json'), JSON.stringify({ faults }));
  const ecosystem = {
    credentials: { max: { type: 'oauth-token', from: { env: 'TEST_TOKEN' } } },
    notify: [{ command: ['true'] }],
    defaults: {
      credential: 'max',
      claude: { bin },
      env: { STAND_IN_SCRIPT: join(box, 'script.json'), STAND_IN_SPEED: '50' },
    },
    agents: ['ada', 'bob'].map((agent) => ({ name: agent, cwd: `./${agent}` })),
  };
  writeFileSync(join(box, 'ecosystem.json'), JSON.stringify(ecosystem));
}

/** ada is latched and brought back; bob's last message fails for ever, and one more waits behind it. */
async function live(): Promise<void> {
  av('start', join(box, 'ecosystem.json'));
  av('send', 'ada', 'hello', '--wait');
  av('send', 'bob', 'hello', '--wait');
  // A snapshot of what was so far, and a journal behind it.
  av('daemon', 'restart');
  av('send', 'ada', 'latch', '--wait');
  av('send', 'bob', 'for ever');
  await until(() => av('incidents', '--json').stdout.includes('"failed"'));
  av('send', 'bob', 'waits');
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries += 1) {
    if (tries > 200) throw new Error('what the fixture is to show did not happen');
    await sleep(100);
  }
}

function av(...args: readonly string[]): { readonly stdout: string } {
  const stdout = execFileSync(process.execPath, [join(build, 'dist/cli/main.js'), ...args], {
    cwd: box,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { stdout };
}

/** Each request as it goes out, each line as it comes in. */
async function record(): Promise<readonly string[]> {
  const socket = connect(join(home, 'daemon.sock'));
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const frames: string[] = [];
  for (const [index, [method, params]] of REQUESTS.entries()) {
    const request = JSON.stringify({ jsonrpc: '2.0', id: index + 1, method, params });
    socket.write(`${request}\n`);
    const answer = (await lines.next()).value as string;
    frames.push(request, answer);
  }
  socket.destroy();
  return frames;
}

function keep(list: readonly Record<string, unknown>[], frames: readonly string[]): void {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const cleaned = (text: string): string =>
    text
      .replaceAll(box, '/srv/fixture')
      .replaceAll(dirname(process.execPath), '/usr/bin')
      .replaceAll(boot, '00000000-0000-4000-8000-000000000000');
  rmSync(target, { recursive: true, force: true });
  cpSync(join(home, 'state'), join(target, 'state'), { recursive: true });
  writeFileSync(join(target, 'list.json'), `${JSON.stringify(list)}\n`);
  writeFileSync(join(target, 'frames.ndjson'), `${frames.join('\n')}\n`);
  const subject = execFileSync('git', ['log', '-1', '--format=%h %s', String(commit)], { cwd: ROOT, encoding: 'utf8' });
  writeFileSync(join(target, 'made-from.txt'), subject);
  for (const file of readdirSync(target, { recursive: true, encoding: 'utf8' })) {
    const path = join(target, file);
    if (!/\.(?:ndjson|json)$/.test(file)) continue;
    const text = cleaned(readFileSync(path, 'utf8'));
    if (text.includes(env.TEST_TOKEN) || text.includes(tmpdir() + '/')) throw new Error(`${file} is not clean`);
    writeFileSync(path, text);
  }
}

/** Keeper, daemon, shims and agents all name the home in their environment. */
function killAll(): void {
  for (let left = [0]; left.length > 0;) {
    left = readdirSync('/proc').filter(isOurs).map(Number);
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has just ended.
      }
    }
  }
}

function isOurs(pid: string): boolean {
  if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
  try {
    const isZombie = readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
    return !isZombie && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(box);
  } catch {
    // It ended meanwhile, or is somebody else's.
    return false;
  }
}
