import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readLines } from '../../src/home/ndjson.ts';
import { temporaryFolder } from '../cli/folder.ts';

const WHOLE = '{"seq":1}\n{"seq":2}\n';

test('wherever a crash has cut the last line, all before it is read and nothing is called damaged', () => {
  const file = join(temporaryFolder(), 'journal.ndjson');
  for (let cut = 0; cut <= WHOLE.length; cut += 1) {
    writeFileSync(file, WHOLE.slice(0, cut));
    const { values, damaged } = readLines(file);
    expect([cut, values.length, damaged]).toEqual([cut, cut < 9 ? 0 : cut < 19 ? 1 : 2, false]);
  }
});
