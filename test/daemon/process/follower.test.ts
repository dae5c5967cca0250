import { appendFileSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { Line } from '../../../src/claude/lines.ts';
import { follow, type Follower, type FollowOptions, type FollowTrouble } from '../../../src/daemon/process/follower.ts';
import { deferred, scene } from './scene.ts';

type Heard = {
  readonly follower: Follower;
  readonly lines: Line[];
  readonly texts: () => string[];
  readonly troubles: FollowTrouble[];
  /** Resolves when so many lines were heard. */
  readonly count: (lines: number) => Promise<void>;
};

function hear(path: string, options: Partial<FollowOptions> = {}): Heard {
  const lines: Line[] = [];
  const troubles: FollowTrouble[] = [];
  const waiting: { at: number; done: () => void }[] = [];
  const follower = follow(path, {
    from: 0,
    base: 0,
    ...options,
    onLines: async (batch) => {
      await options.onLines?.(batch);
      lines.push(...batch);
      for (const { at, done } of waiting) if (lines.length >= at) done();
    },
    onError: (trouble) => troubles.push(trouble),
  });
  onTestFinished(async () => void (await follower.close()));
  const count = async (at: number): Promise<void> => {
    const reached = deferred<void>();
    waiting.push({ at, done: reached.resolve });
    if (lines.length < at) await reached.promise;
  };
  return { follower, lines, texts: () => lines.map(({ line }) => line), troubles, count };
}

test('what is in the file and what is appended is delivered, without anybody asking', async () => {
  const path = scene().file('log', 'one\ntwo\n');
  const heard = hear(path);
  await heard.count(2);
  appendFileSync(path, 'three\n');
  await heard.count(3);
  expect(heard.texts()).toEqual(['one', 'two', 'three']);
  expect(heard.troubles).toEqual([]);
});

test('offsets are logical: the base of the file plus the place in it', async () => {
  const path = scene().file('log', 'one\ntwo\nthree\n');
  const heard = hear(path, { base: 1000, from: 1004 });
  expect(await heard.follower.caughtUp()).toBe(1014);
  expect(heard.lines).toEqual([
    { line: 'two', start: 1004, end: 1008, oversized: false },
    { line: 'three', start: 1008, end: 1014, oversized: false },
  ]);
});

test('caught up means: all that was in the file at the call has been dealt with', async () => {
  const path = scene().file('log', '');
  const dealt: string[] = [];
  const heard = hear(path, {
    onLines: async (lines) => {
      await setImmediate();
      dealt.push(...lines.map(({ line }) => line));
    },
  });
  for (let n = 0; n < 50; n++) {
    appendFileSync(path, `${n}\n`);
    await heard.follower.caughtUp();
    expect(dealt.at(-1)).toBe(String(n));
  }
});

test('caught up comes true while the file goes on growing', async () => {
  const path = scene().file('log', 'x\n');
  const heard = hear(path, { onLines: () => appendFileSync(path, 'more\n') });
  expect(await heard.follower.caughtUp()).toBe(2);
  await heard.count(5);
});

test('the next chunk is read only when the lines before it have been dealt with', async () => {
  const path = scene().file('log', 'x'.repeat(99).concat('\n').repeat(10_000));
  let busy = 0;
  let busiest = 0;
  let batches = 0;
  const heard = hear(path, {
    onLines: async () => {
      batches += 1;
      busy += 1;
      busiest = Math.max(busiest, busy);
      await setImmediate();
      busy -= 1;
    },
  });
  await heard.follower.caughtUp();
  expect(busiest).toBe(1);
  expect(batches).toBeGreaterThan(1);
  expect(heard.lines).toHaveLength(10_000);
});

test('half a line waits for its line feed, also when it is cut within a character', async () => {
  const bytes = Buffer.from('grün\n');
  const path = scene().file('log', '');
  appendFileSync(path, bytes.subarray(0, 3));
  const heard = hear(path);
  await heard.follower.caughtUp();
  expect(heard.lines).toEqual([]);
  appendFileSync(path, bytes.subarray(3));
  await heard.count(1);
  expect(heard.texts()).toEqual(['grün']);
});

test('half a line at the end of a dead agent is reported by its length, and is no line', async () => {
  const path = scene().file('log', 'whole\nhalf');
  const heard = hear(path);
  await heard.follower.caughtUp();
  expect(await heard.follower.close()).toEqual({ offset: 6, tailBytes: 4 });
  expect(heard.texts()).toEqual(['whole']);
});

test('a line of 64 MB is marked, and the next one is read as ever, within bounded memory', async () => {
  const { dir } = scene();
  const path = join(dir, 'log');
  writeFileSync(path, 'before\n');
  for (let n = 0; n < 64; n++) appendFileSync(path, Buffer.alloc(1024 * 1024, 'x'));
  appendFileSync(path, '\nafter\n');
  const heard = hear(path, { lineBytesMax: 1024 * 1024 });
  await heard.follower.caughtUp();
  expect(heard.lines.map(({ line, oversized }) => [line, oversized])).toEqual([
    ['before', false],
    ['', true],
    ['after', false],
  ]);
  expect(heard.lines[2]?.start).toBe(7 + 64 * 1024 * 1024 + 1);
});

test('invalid UTF-8, NUL and CRLF do no harm, and offsets count the bytes of the file', async () => {
  const { dir } = scene();
  const path = join(dir, 'log');
  writeFileSync(path, Buffer.from('a\xff\n\0\nb\r\n', 'latin1'));
  const heard = hear(path);
  await heard.follower.caughtUp();
  expect(heard.lines.map(({ start, end }) => [start, end])).toEqual([
    [0, 3],
    [3, 5],
    [5, 8],
  ]);
  expect(heard.texts()[2]).toBe('b');
});

test('a file that was emptied is a gap, not garbage: reading goes on with a new base', async () => {
  const path = scene().file('log', 'one\ntwo\nhal');
  const heard = hear(path, { base: 100, from: 100 });
  await heard.follower.caughtUp();
  truncateSync(path, 0);
  await heard.follower.caughtUp();
  appendFileSync(path, 'new\n');
  expect(await heard.follower.caughtUp()).toBe(115);
  expect(heard.troubles).toEqual([{ what: 'truncated', at: 111, base: 111 }]);
  expect(heard.lines.at(-1)).toEqual({ line: 'new', start: 111, end: 115, oversized: false });
});

test('a cursor beyond the end of the file is a gap too', async () => {
  const path = scene().file('log', 'new\n');
  const heard = hear(path, { from: 50 });
  await heard.follower.caughtUp();
  expect(heard.troubles).toEqual([{ what: 'truncated', at: 50, base: 50 }]);
  expect(heard.texts()).toEqual(['new']);
});

test('bytes that were dropped before the cursor are told, and reading begins at the base', async () => {
  const path = scene().file('log', 'new\n');
  const heard = hear(path, { from: 40, base: 50 });
  await heard.follower.caughtUp();
  expect(heard.troubles).toEqual([{ what: 'cut', at: 40, bytes: 10 }]);
  expect(heard.lines).toEqual([{ line: 'new', start: 50, end: 54, oversized: false }]);
});

test.each(['moved away', 'replaced', 'removed'])(
  "a file that was %s is told once, and the agent's own file is still read",
  async (how) => {
    const { dir, startScript } = scene();
    const run = await startScript('echo ready; read line; echo "$line"; exec sleep 1000', { stdin: 'fifo' });
    const path = run.files.stdout;
    const heard = hear(path);
    await heard.follower.caughtUp();
    if (how === 'removed') rmSync(path);
    else renameSync(path, join(dir, 'moved'));
    if (how === 'replaced') writeFileSync(path, 'not ours\n');
    heard.follower.poke();
    heard.follower.poke();
    writeFileSync(run.files.stdin, 'hello\n');
    await heard.count(2);
    expect(heard.texts()).toEqual(['ready', 'hello']);
    expect(heard.troubles).toEqual([{ what: 'replaced' }]);
  },
);

test('a file that is not there is told once, and found by a poke when it comes', async () => {
  const path = join(scene().dir, 'late');
  const heard = hear(path);
  expect(await heard.follower.caughtUp()).toBe(0);
  expect(heard.troubles).toMatchObject([{ what: 'unreadable', cause: { code: 'ENOENT' } }]);
  writeFileSync(path, 'here\n');
  heard.follower.poke();
  await heard.count(1);
  expect(heard.texts()).toEqual(['here']);
  expect(heard.troubles).toHaveLength(1);
});

test('a folder in the place of the file is unreadable, not fatal', async () => {
  const path = join(scene().dir, 'log');
  mkdirSync(path);
  const heard = hear(path);
  expect(await heard.follower.caughtUp()).toBe(0);
  expect(heard.troubles).toMatchObject([{ what: 'unreadable' }]);
});

test('closing with drain delivers what is in the file, closing without does not wait for it', async () => {
  const path = scene().file('log', '');
  const heard = hear(path);
  await heard.follower.caughtUp();
  appendFileSync(path, 'last\nha');
  expect(await heard.follower.close({ drain: true })).toEqual({ offset: 5, tailBytes: 2 });
  expect(heard.texts()).toEqual(['last']);
  appendFileSync(path, 'lf\n');
  heard.follower.poke();
  await heard.follower.caughtUp();
  expect(heard.texts()).toEqual(['last']);
});

test('a consumer that fails stops the follower, which says so', async () => {
  const path = scene().file('log', 'one\n');
  const cause = new Error('bug');
  const heard = hear(path, { onLines: () => Promise.reject(cause) });
  await heard.follower.caughtUp();
  appendFileSync(path, 'two\n');
  await heard.follower.caughtUp();
  expect(heard.troubles).toEqual([{ what: 'consumer', cause }]);
  expect(heard.lines).toEqual([]);
});

test('lines that nobody wants are passed over, and the offsets of the others stay true', async () => {
  const path = scene().file('log', 'no\nyes\n');
  const heard = hear(path, { wanted: (bytes, start) => bytes[start] === 'y'.charCodeAt(0) });
  await heard.follower.caughtUp();
  expect(heard.lines).toEqual([{ line: 'yes', start: 3, end: 7, oversized: false }]);
});

test('silence is counted from the last byte, also of half a line and of one that nobody wants, and first from the beginning', async () => {
  const path = scene().file('log', '');
  let now = 1_000;
  const heard = hear(path, { now: () => now, wanted: () => false });
  await heard.follower.caughtUp();
  now = 1_700;
  expect(heard.follower.silentMs()).toBe(700);
  appendFileSync(path, 'not wanted\n');
  await heard.follower.caughtUp();
  expect(heard.follower.silentMs()).toBe(0);
  now = 2_000;
  expect(heard.follower.silentMs()).toBe(300);
  appendFileSync(path, 'hal');
  await heard.follower.caughtUp();
  expect(heard.follower.silentMs()).toBe(0);
  now = 2_001;
  await heard.follower.caughtUp();
  expect(heard.follower.silentMs()).toBe(1);
});

test('what an agent writes as fast as it can arrives without a gap', async () => {
  const { start } = scene();
  const run = await start([
    process.execPath,
    '-e',
    `let s=''; for (let n=0; n<200000; n++) s+=n+'\\n'; process.stdout.write(s)`,
  ]);
  const heard = hear(run.files.stdout);
  await heard.count(200_000);
  expect(heard.texts().every((line, n) => line === String(n))).toBe(true);
});
