import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SOCKET_PATH_BYTES_MAX } from '../../src/home/paths.ts';
import { bearersUnder, box, type Box } from '../box.ts';
import { runCli } from '../cli/run-cli.ts';
import { foregroundDaemon } from '../daemon/foreground.ts';

const IS_ROOT = process.getuid?.() === 0;
const STRANGER = 12_345;

function sleeper(): Box {
  const own = box();
  own.write({ agents: [{ name: 'ada', mode: 'command', command: ['sleep', '1000'] }] });
  return own;
}

/** A line like those of the state: to be taken for one of ours, or to be added to, it only has to be followed. */
const NOT_OURS = '{"not":"ours"}\n';

/** A file that must not be read or written through a link. */
function elsewhere(own: Box): string {
  const file = join(own.dir, 'elsewhere');
  writeFileSync(file, NOT_OURS);
  return file;
}

type Hostile = { readonly make: (own: Box) => void; readonly says: RegExp; readonly mend: (own: Box) => void };

const remade = ({ home }: Box): void => mkdirSync(home, { mode: 0o700 });

/** What a home may be that nobody should trust, and what its owner does about it. */
const HOMES: Readonly<Record<string, Hostile>> = {
  'that its group can write': {
    make: (own) => (remade(own), chmodSync(own.home, 0o770)),
    says: /can be written by other users \(mode 770\)\. Close it: chmod 700 \S+home/,
    mend: ({ home }) => chmodSync(home, 0o700),
  },
  'that everybody can write': {
    make: (own) => (remade(own), chmodSync(own.home, 0o707)),
    says: /can be written by other users \(mode 707\)\. Close it: chmod 700 \S+home/,
    mend: ({ home }) => chmodSync(home, 0o700),
  },
  'in a folder in which everybody may rename it': {
    make: (own) => (remade(own), chmodSync(own.dir, 0o777)),
    says: /can be written by everybody \(mode 777\): another user can put another home .* Close it: chmod o-w \S+ /,
    mend: ({ dir }) => chmodSync(dir, 0o755),
  },
  'that is a link to a folder that others can write': {
    make: ({ dir, home }) => {
      mkdirSync(join(dir, 'real'));
      chmodSync(join(dir, 'real'), 0o777);
      symlinkSync(join(dir, 'real'), home);
    },
    says: /can be written by other users \(mode 777\)/,
    mend: ({ dir }) => chmodSync(join(dir, 'real'), 0o700),
  },
  'that is a link to nowhere': {
    make: ({ home }) => symlinkSync('/nowhere/at/all', home),
    says: /cannot be made|is not a folder/,
    mend: ({ home }) => rmSync(home),
  },
  'that is a file': {
    make: ({ home }) => writeFileSync(home, ''),
    says: /is not a folder/,
    mend: ({ home }) => rmSync(home),
  },
  'whose state others can write': {
    make: (own) => (remade(own), mkdirSync(join(own.home, 'state')), chmodSync(join(own.home, 'state'), 0o777)),
    says: /The folder \S+state can be written by other users .* chmod 700 \S+state/,
    mend: ({ home }) => chmodSync(join(home, 'state'), 0o700),
  },
  'whose folder of agents is a link to one that others can write': {
    make: (own) => {
      remade(own);
      mkdirSync(join(own.dir, 'agents'));
      chmodSync(join(own.dir, 'agents'), 0o777);
      symlinkSync(join(own.dir, 'agents'), join(own.home, 'agents'));
    },
    says: /The folder \S+agents can be written by other users/,
    mend: ({ dir }) => chmodSync(join(dir, 'agents'), 0o700),
  },
  'whose log is a link': {
    make: (own) => (remade(own), symlinkSync(elsewhere(own), join(own.home, 'daemon.log'))),
    says: /daemon\.log is not the file that agentvisor would write there\. Remove it: rm -r \S+daemon\.log/,
    mend: ({ home }) => rmSync(join(home, 'daemon.log')),
  },
  'whose log is a FIFO': {
    make: (own) => (remade(own), void execFileSync('mkfifo', [join(own.home, 'daemon.log')])),
    says: /daemon\.log is not the file/,
    mend: ({ home }) => rmSync(join(home, 'daemon.log')),
  },
  'whose rest mark is a link': {
    make: (own) => (remade(own), symlinkSync(elsewhere(own), join(own.home, 'daemon.rest'))),
    says: /daemon\.rest is not the file/,
    mend: ({ home }) => rmSync(join(home, 'daemon.rest')),
  },
  'whose socket is a folder': {
    make: (own) => (remade(own), mkdirSync(join(own.home, 'daemon.sock', 'x'), { recursive: true })),
    says: /daemon\.sock is not the file/,
    mend: ({ home }) => rmSync(join(home, 'daemon.sock'), { recursive: true }),
  },
};

const FOREIGN: Readonly<Record<string, Hostile>> = {
  'of somebody else': {
    make: (own) => (remade(own), chownSync(own.home, STRANGER, STRANGER)),
    says: /belongs to user 12345, not to you \(0\)\. Take it over \(chown 0 /,
    mend: ({ home }) => chownSync(home, 0, 0),
  },
  'whose state is of somebody else': {
    make: (own) => (remade(own), mkdirSync(join(own.home, 'state')), chownSync(join(own.home, 'state'), STRANGER, 0)),
    says: /The folder \S+state belongs to user 12345/,
    mend: ({ home }) => chownSync(join(home, 'state'), 0, 0),
  },
};

describe('a home', () => {
  test.each(Object.entries(IS_ROOT ? { ...HOMES, ...FOREIGN } : HOMES))(
    '%s is refused with what mends it, and is used when that was done',
    async (_, { make, says, mend }) => {
      const own = sleeper();
      make(own);
      const refused = await own.av('start');
      expect(refused).toMatchObject({ code: 9, stdout: '', stderr: expect.stringMatching(says) });
      expect(refused.stderr).not.toContain('This is a bug');
      expect(bearersUnder(own.home)).toEqual([]);
      if (existsSync(join(own.dir, 'elsewhere')))
        expect(readFileSync(join(own.dir, 'elsewhere'), 'utf8')).toBe(NOT_OURS);
      mend(own);
      await own.ok('start');
    },
  );

  test('behind a link of ours to a folder of ours is used', async () => {
    const own = sleeper();
    mkdirSync(join(own.dir, 'real'), { mode: 0o700 });
    symlinkSync(join(own.dir, 'real'), own.home);
    await own.ok('start');
    expect(existsSync(join(own.dir, 'real', 'daemon.json'))).toBe(true);
  });

  test('in a folder like /tmp, where who may write may not rename what is ours, is used', async () => {
    const own = sleeper();
    chmodSync(own.dir, 0o1777);
    await own.ok('start');
  });
});

/** What stands in the place of a file of the state. */
const STAND_INS: Readonly<Record<string, (path: string, own: Box) => void>> = {
  'a FIFO': (path) => void execFileSync('mkfifo', [path]),
  'a link to elsewhere': (path, own) => symlinkSync(elsewhere(own), path),
  'a link to nowhere': (path) => symlinkSync('/nowhere/at/all', path),
  'a folder': (path) => mkdirSync(join(path, 'x'), { recursive: true }),
  ...(IS_ROOT ? { 'a device': (path: string) => void execFileSync('mknod', [path, 'c', '1', '7']) } : {}),
};

const STATE_FILES = ['snapshot.json', 'journal.ndjson', 'history.ndjson', 'incidents.ndjson', 'outbox.ndjson'];

describe.each(Object.entries(STAND_INS))('where %s stands in the place of a file of the state', (what, make) => {
  test('it is set aside, nobody waits for it, and nothing is written through it', async () => {
    const own = sleeper();
    const daemon = await foregroundDaemon(own);
    await own.ok('start');
    const before = await own.row('ada');
    await daemon.killed();
    const state = join(own.home, 'state');
    for (const name of STATE_FILES) {
      rmSync(join(state, name), { force: true });
      make(join(state, name), own);
    }
    // Also where the next ones are written before they take their place.
    make(join(state, 'snapshot.json.keep'), own);
    if (what !== 'a folder') make(join(state, 'snapshot.json.tmp'), own);
    else rmSync(join(state, 'snapshot.json.keep'), { recursive: true });
    expect((await own.av('list')).code).toBe(3);
    await foregroundDaemon(own);
    for (const name of STATE_FILES)
      if (existsSync(join(state, name))) expect(lstatSync(join(state, name)).isFile(), name).toBe(true);
    await expect.poll(async () => own.av('save').then(({ code }) => code)).toBe(0);
    expect(lstatSync(join(state, 'snapshot.json')).isFile()).toBe(true);
    if (existsSync(join(own.dir, 'elsewhere'))) expect(readFileSync(join(own.dir, 'elsewhere'), 'utf8')).toBe(NOT_OURS);
    const status = await own.ok('daemon', 'status');
    expect(status).toContain('damaged files are kept');
    // What lives is taken up again, and not started a second time.
    await own.ok('start');
    expect(await own.row('ada')).toMatchObject({ state: 'running', pid: before.pid });
  });
});

test('a file of the state that becomes a FIFO under a living daemon does not hold it up', async () => {
  const own = sleeper();
  await foregroundDaemon(own);
  await own.ok('start');
  const before = await own.row('ada');
  for (const name of ['journal.ndjson', 'history.ndjson', 'snapshot.json']) {
    const path = join(own.home, 'state', name);
    rmSync(path, { force: true });
    execFileSync('mkfifo', [path]);
  }
  const isPlain = (name: string): boolean =>
    lstatSync(join(own.home, 'state', name), { throwIfNoEntry: false })?.isFile() === true;
  await expect
    .poll(() => ['journal.ndjson', 'history.ndjson', 'snapshot.json'].every(isPlain), { timeout: 10_000 })
    .toBe(true);
  expect(await own.row('ada')).toMatchObject({ pid: before.pid, state: 'running' });
});

test('the name of the owner, behind a link or a FIFO, is nobody’s, and a daemon takes the home', async () => {
  const own = sleeper();
  const daemon = await foregroundDaemon(own);
  await daemon.killed();
  rmSync(join(own.home, 'daemon.json'));
  symlinkSync(elsewhere(own), join(own.home, 'daemon.json.tmp'));
  await own.ok('start');
  expect(readFileSync(join(own.dir, 'elsewhere'), 'utf8')).toBe(NOT_OURS);
  expect(lstatSync(join(own.home, 'daemon.json')).isFile()).toBe(true);
});

test('a keeper does not cut through a link what its log was once', async () => {
  const own = sleeper();
  await own.ok('start');
  const log = join(own.home, 'daemon.log');
  const large = `${'x'.repeat(1_000)}\n`.repeat(2_000);
  const file = elsewhere(own);
  writeFileSync(file, large);
  renameSync(log, join(own.dir, 'log'));
  symlinkSync(file, log);
  const pid = own.daemonPid();
  process.kill(pid, 'SIGKILL');
  const isBack = async (): Promise<boolean> => (await own.av('ping')).code === 0 && own.daemonPid() !== pid;
  // It refuses the home, as every daemon would, until the link is gone.
  await expect
    .poll(() => readFileSync(join(own.dir, 'log'), 'utf8'), { timeout: 10_000 })
    .toContain('daemon.log is not the file');
  expect(readFileSync(file, 'utf8')).toBe(large);
  rmSync(log);
  await expect.poll(isBack, { timeout: 10_000 }).toBe(true);
});

/** A home whose socket's path would be just so long. */
function homeOfLength(bytes: number): Box & { readonly at: string } {
  const own = box();
  const room = bytes - Buffer.byteLength(join(own.dir, 'daemon.sock')) - 1;
  const at = join(own.dir, 'h'.repeat(room));
  return { ...own, at };
}

describe('a socket (11)', () => {
  test.each([SOCKET_PATH_BYTES_MAX, SOCKET_PATH_BYTES_MAX + 1, 104, 108, 200])(
    'whose path in the home would have %i bytes is found by daemon and commands',
    async (bytes) => {
      const own = homeOfLength(bytes);
      const runtime = join(own.dir, 'runtime');
      mkdirSync(runtime, { mode: 0o700 });
      const av = (...args: string[]): ReturnType<typeof runCli> =>
        runCli(args, { home: own.at, cwd: own.dir, env: { HOME: own.userHome, XDG_RUNTIME_DIR: runtime } });
      onTestFinished(async () => void (await av('kill')));
      expect(Buffer.byteLength(join(own.at, 'daemon.sock'))).toBe(bytes);
      expect(await av('daemon', 'restart')).toMatchObject({ code: 0 });
      const { socket } = JSON.parse((await av('daemon', 'status', '--json')).stdout) as { socket: string };
      expect(dirname(socket) === own.at).toBe(bytes <= SOCKET_PATH_BYTES_MAX);
      expect(statSync(socket).mode & 0o777).toBe(0o600);
      expect(statSync(dirname(socket)).mode & 0o077).toBe(0);
      expect(await av('kill')).toMatchObject({ code: 0 });
      expect(existsSync(socket)).toBe(false);
      expect(readdirSync(runtime).flatMap((name) => readdirSync(join(runtime, name)))).toEqual([]);
    },
  );

  test('of a long path is not used in a folder that others can write', async () => {
    const own = homeOfLength(150);
    const runtime = join(own.dir, 'runtime');
    const folder = join(runtime, `agentvisor-${process.getuid?.()}`);
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o777);
    const refused = await runCli(['daemon', 'restart'], {
      home: own.at,
      cwd: own.dir,
      env: { HOME: own.userHome, XDG_RUNTIME_DIR: runtime },
    });
    expect(refused).toMatchObject({ code: 9, stderr: expect.stringMatching(/socket folder .* chmod 700/) });
  });

  test('that a dead daemon has left, and a lock that nobody holds, are no hindrance', async () => {
    const own = sleeper();
    const daemon = await foregroundDaemon(own);
    await own.ok('start');
    const before = await own.row('ada');
    await daemon.killed();
    expect(existsSync(join(own.home, 'daemon.sock'))).toBe(true);
    mkdirSync(join(own.home, 'daemon.json.lock'));
    writeFileSync(join(own.home, 'daemon.json.starter.999999'), '1');
    await foregroundDaemon(own);
    expect(await own.row('ada')).toMatchObject({ pid: before.pid, state: 'running' });
    expect(readdirSync(own.home).filter((name) => name.includes('lock') || name.includes('starter'))).toEqual([]);
  });
});
