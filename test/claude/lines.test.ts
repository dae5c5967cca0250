import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineSplitter, type Line } from '../../src/claude/lines.ts';

const split = (bytes: Buffer, cuts: readonly number[] = [], bytesMax = 1_000, offset = 0): Line[] => {
  const splitter = new LineSplitter(bytesMax, offset);
  const points = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  const shared = Buffer.alloc(bytes.length);
  return points.slice(1).flatMap((to, index) => {
    // One buffer for all chunks, as a reader has it: nothing may be kept of it.
    const size = bytes.copy(shared, 0, points[index], to);
    const lines = splitter.push(shared.subarray(0, size));
    shared.fill(0x2a);
    return lines;
  });
};

describe('lines', () => {
  test('are complete, without their line end, at logical offsets', () => {
    expect(split(Buffer.from('a\r\nbb\n\nhalf'), [], 10, 1_000)).toEqual([
      { line: 'a', start: 1_000, end: 1_003, oversized: false },
      { line: 'bb', start: 1_003, end: 1_006, oversized: false },
      { line: '', start: 1_006, end: 1_007, oversized: false },
    ]);
  });

  test('end at LF only', () => {
    expect(split(Buffer.from('a\rb\u2028c\u0085d\0e\r\r\n')).map(({ line }) => line)).toEqual([
      'a\rb\u2028c\u0085d\0e\r',
    ]);
  });

  test('survive bytes that are no text', () => {
    expect(split(Buffer.from([0x61, 0xff, 0xfe, 0x00, 0x62, 0x0a, 0x63, 0x0a])).map(({ line }) => line)).toEqual([
      'a\ufffd\ufffd\0b',
      'c',
    ]);
  });

  test('of a splitter that is told so are looked at before they are decoded', () => {
    const seen: string[] = [];
    const splitter = new LineSplitter(100, 0, (bytes, start, end) => {
      seen.push(bytes.toString('latin1', start, end));
      return bytes[start] === 0x62;
    });
    splitter.push(Buffer.from('a1\nb'));
    expect(splitter.push(Buffer.from('2\r\nc\nd'))).toEqual([{ line: 'b2', start: 3, end: 7, oversized: false }]);
    expect(seen).toEqual(['a1', 'b2', 'c']);
    expect(splitter.offset).toBe(9);
    expect(splitter.pendingBytes).toBe(1);
  });
});

describe('an oversized line', () => {
  test('is reported with its offsets and the next one is read', () => {
    const bytes = Buffer.from(`ok\n${'x'.repeat(50)}\nfine\n`);
    expect(split(bytes, [10, 20, 40], 10)).toEqual([
      { line: 'ok', start: 0, end: 3, oversized: false },
      { line: '', start: 3, end: 54, oversized: true },
      { line: 'fine', start: 54, end: 59, oversized: false },
    ]);
  });

  test('is not kept in memory', () => {
    const splitter = new LineSplitter(1024 * 1024);
    const chunk = Buffer.alloc(1024 * 1024, 0x78);
    splitter.push(chunk);
    const before = process.memoryUsage().arrayBuffers;
    for (let pushed = 0; pushed < 64; pushed += 1) expect(splitter.push(chunk)).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024);
    expect(splitter.push(Buffer.from('\na\n')).map(({ oversized }) => oversized)).toEqual([true, false]);
  });

  test('begins one byte above the limit', () => {
    expect(
      split(Buffer.from(`${'x'.repeat(10)}\n${'x'.repeat(11)}\n`), [], 10).map(({ oversized }) => oversized),
    ).toEqual([false, true]);
  });
});

const byte = fc.oneof(fc.constantFrom(0x0a, 0x0d, 0x00, 0xff, 0xc3, 0xa9), fc.nat({ max: 255 }));
const streams = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 80 }).map((text) => Buffer.from(`${text}\n🙂é\r\n${text}`)),
  fc.array(byte, { maxLength: 120 }).map((bytes) => Buffer.from(bytes)),
);

test('where a stream is cut into chunks never changes its lines', () => {
  fc.assert(
    fc.property(streams, fc.array(fc.nat(), { maxLength: 12 }), fc.nat({ max: 30 }), (bytes, cuts, bytesMax) => {
      expect(split(bytes, cuts, bytesMax)).toEqual(split(bytes, [], bytesMax));
    }),
    { numRuns: 1_000 },
  );
});

test('lines follow each other without a gap, and their bytes are those of the stream', () => {
  fc.assert(
    fc.property(streams, fc.array(fc.nat(), { maxLength: 12 }), (bytes, cuts) => {
      let offset = 0;
      for (const { line, start, end } of split(bytes, cuts)) {
        expect(start).toBe(offset);
        expect(bytes[end - 1]).toBe(0x0a);
        const raw = bytes.subarray(start, end - 1);
        expect(line).toBe(raw.subarray(0, raw.at(-1) === 0x0d ? -1 : undefined).toString());
        offset = end;
      }
      expect(bytes.indexOf(0x0a, offset)).toBe(-1);
    }),
  );
});
