import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createFile } from '../../src/home/durable.ts';
import { MINTS_MAX, readMints, recordMint } from '../../src/home/mints.ts';
import { mintsFile } from '../../src/home/paths.ts';
import { temporaryFolder } from '../cli/folder.ts';

const mint = (credential: string, day = 1): Parameters<typeof recordMint>[1] => ({
  credential,
  fingerprint: null,
  mintedAt: `2026-11-0${day}T00:00:00.000Z`,
});

test('the latest sign-in to a credential takes the place of the one before', () => {
  const home = temporaryFolder();
  expect(readMints(home)).toEqual([]);
  recordMint(home, mint('a'));
  recordMint(home, mint('b'));
  recordMint(home, mint('a', 2));
  expect(readMints(home)).toEqual([mint('b'), mint('a', 2)]);
  expect(statSync(mintsFile(home)).mode & 0o777).toBe(0o600);
});

test('the latest are kept, and what is no entry is left out', () => {
  const home = temporaryFolder();
  for (let at = 0; at <= MINTS_MAX; at += 1) recordMint(home, mint(`c${at}`));
  expect(readMints(home).map(({ credential }) => credential)).toEqual(
    Array.from({ length: MINTS_MAX }, (_, at) => `c${at + 1}`),
  );
  writeFileSync(mintsFile(home), JSON.stringify([3, null, { credential: 'x' }, mint('a')]));
  expect(readMints(home)).toEqual([mint('a')]);
  writeFileSync(mintsFile(home), '{"half');
  expect(readMints(home)).toEqual([]);
});

test('a file is made whole and private, or, where one is, left alone', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'token');
  createFile(file, 'one\n');
  expect(() => createFile(file, 'two\n')).toThrow(/EEXIST/);
  expect(readFileSync(file, 'utf8')).toBe('one\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  mkdirSync(join(folder, 'taken'));
  expect(() => createFile(join(folder, 'taken'), 'x')).toThrow(/EEXIST/);
  expect(readdirSync(folder).toSorted()).toEqual(['taken', 'token']);
});
