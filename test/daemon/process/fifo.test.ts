import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { FifoWriter, FRAMES_WAITING_MAX, type FrameOutcome } from '../../../src/daemon/process/fifo.ts';
import { linesIn, scene } from './scene.ts';

const PIPE_BYTES = 65_536;

function fifo(): string {
  const path = join(scene().dir, 'stdin');
  execFileSync('mkfifo', [path]);
  return path;
}

/** Holds the FIFO open as an agent does, and reads when it is told to. */
function holder(path: string): { read: (bytes: number) => string; close: () => void } {
  const file = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  let open = true;
  const close = (): void => {
    if (open) closeSync(file);
    open = false;
  };
  onTestFinished(close);
  return {
    close,
    read: (bytes) => {
      const buffer = Buffer.alloc(bytes);
      try {
        return buffer.toString('latin1', 0, readSync(file, buffer, 0, bytes, null));
      } catch {
        // EAGAIN: it is empty.
        return '';
      }
    },
  };
}

test('a frame is written to who reads it', async () => {
  const path = fifo();
  const agent = holder(path);
  expect(await new FifoWriter().writeFrame(path, Buffer.from('hello\n'))).toEqual({
    outcome: 'written',
    bytesWritten: 6,
  });
  expect(agent.read(100)).toBe('hello\n');
});

test('where nobody reads, and where there is no FIFO yet, nobody is told to wait', async () => {
  const path = fifo();
  const writer = new FifoWriter();
  const nobody = { outcome: 'no-reader', bytesWritten: 0 };
  expect(await writer.writeFrame(path, Buffer.from('x'))).toEqual(nobody);
  expect(await writer.writeFrame(`${path}-missing`, Buffer.from('x'))).toEqual(nobody);
});

test('a plain file in the place of the FIFO is never written to', async () => {
  const { file } = scene();
  const path = file('stdin', 'kept');
  await expect(new FifoWriter().writeFrame(path, Buffer.from('x'))).rejects.toThrow('not a FIFO');
  expect(readFileSync(path, 'utf8')).toBe('kept');
});

test('an agent that does not read makes the FIFO full: a frame that cannot begin is `full`, and nothing of it is written', async () => {
  const path = fifo();
  const agent = holder(path);
  const writer = new FifoWriter();
  await writer.writeFrame(path, Buffer.alloc(PIPE_BYTES, 'a'));
  const refused = await writer.writeFrame(path, Buffer.from('b'.repeat(4096)), { deadlineMs: 30 });
  expect(refused).toEqual({ outcome: 'full', bytesWritten: 0 });
  expect(agent.read(PIPE_BYTES * 2)).toBe('a'.repeat(PIPE_BYTES));
});

test('a long frame that the agent stops reading is `partial`, with the bytes that went in', async () => {
  const path = fifo();
  holder(path);
  const outcome = await new FifoWriter().writeFrame(path, Buffer.alloc(PIPE_BYTES + 1, 'a'), { deadlineMs: 30 });
  expect(outcome).toEqual({ outcome: 'partial', bytesWritten: PIPE_BYTES });
});

test('an agent that goes away within a long frame leaves it partial', async () => {
  const path = fifo();
  const agent = holder(path);
  const writing = new FifoWriter().writeFrame(path, Buffer.alloc(PIPE_BYTES * 2, 'a'));
  await setImmediate();
  agent.close();
  expect(await writing).toEqual({ outcome: 'partial', bytesWritten: PIPE_BYTES });
});

test('a frame of two megabytes arrives whole, however slowly it is read, and the event loop turns all the while', async () => {
  const path = fifo();
  const agent = holder(path);
  const frame = 'long '.repeat(400_000);
  const outcomes: FrameOutcome[] = [];
  const writing = new FifoWriter().writeFrame(path, Buffer.from(frame)).then((outcome) => outcomes.push(outcome));
  let arrived = '';
  // This loop runs in the same event loop as the writer.
  while (outcomes.length === 0) {
    await setImmediate();
    arrived += agent.read(5_000);
  }
  for (let rest = agent.read(PIPE_BYTES); rest !== ''; rest = agent.read(PIPE_BYTES)) arrived += rest;
  await writing;
  expect(outcomes).toEqual([{ outcome: 'written', bytesWritten: frame.length }]);
  expect(arrived === frame).toBe(true);
});

test('frames to one agent never mix, whatever their length', async () => {
  const { startScript } = scene();
  const run = await startScript('echo ready; cat', { stdin: 'fifo' });
  const writer = new FifoWriter();
  const frames = Array.from({ length: 20 }, (_, n) => `${String(n).repeat(n % 3 === 0 ? 50_000 : 10)}\n`);
  const outcomes = await Promise.all(frames.map((frame) => writer.writeFrame(run.files.stdin, Buffer.from(frame))));
  expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['written']));
  const lines = await linesIn(run.files.stdout, 21);
  expect(lines.slice(1)).toEqual(frames.map((frame) => frame.trimEnd()));
});

test('the queue of one agent is bounded, and a full one does not hold up another agent', async () => {
  const [stuck, free] = [fifo(), fifo()];
  holder(stuck);
  const reader = holder(free);
  const writer = new FifoWriter();
  await writer.writeFrame(stuck, Buffer.alloc(PIPE_BYTES, 'a'));
  const waiting = Array.from({ length: FRAMES_WAITING_MAX }, () =>
    writer.writeFrame(stuck, Buffer.from('x'), { deadlineMs: 50 }),
  );
  expect(await writer.writeFrame(stuck, Buffer.from('x'))).toEqual({ outcome: 'full', bytesWritten: 0 });
  expect(await writer.writeFrame(free, Buffer.from('hello'))).toEqual({ outcome: 'written', bytesWritten: 5 });
  expect(reader.read(10)).toBe('hello');
  expect(new Set((await Promise.all(waiting)).map(({ outcome }) => outcome))).toEqual(new Set(['full']));
});

test('a frame written after the agent was killed finds no reader', async () => {
  const { startScript } = scene();
  const run = await startScript('echo ready; exec sleep 1000', { stdin: 'fifo' });
  process.kill(run.pid, 'SIGKILL');
  await run.ended;
  expect(await new FifoWriter().writeFrame(run.files.stdin, Buffer.from('x'))).toEqual({
    outcome: 'no-reader',
    bytesWritten: 0,
  });
});
