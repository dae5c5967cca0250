import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fingerprint } from '../../src/config/credentials.ts';
import { lookAtFiles, workOnFiles } from '../../src/daemon/rotation-files.ts';
import { temporaryFolder } from '../cli/folder.ts';

/** A folder with a token in it. */
function sourceIn(): { readonly folder: string; readonly source: string } {
  const folder = temporaryFolder();
  const source = join(folder, 'token');
  writeFileSync(source, 'old\n', { mode: 0o600 });
  return { folder, source };
}

test('a secret is staged, put in its place and the old one removed, each a second time without harm', async () => {
  const { folder, source } = sourceIn();
  for (let times = 0; times < 2; times += 1) await workOnFiles('stage', source, 'new');
  expect(lookAtFiles(source)).toEqual({ next: fingerprint('new'), current: fingerprint('old'), previous: null });
  expect(statSync(`${source}.next`).mode & 0o777).toBe(0o600);
  await workOnFiles('promote', source, null);
  await expect(workOnFiles('promote', source, null)).rejects.toThrow('ENOENT');
  expect(lookAtFiles(source)).toEqual({ next: null, current: fingerprint('new'), previous: fingerprint('old') });
  for (let times = 0; times < 2; times += 1) await workOnFiles('settle', source, null);
  expect(readdirSync(folder)).toEqual(['token']);
});

test('what somebody has put where half a secret is written is not followed', async () => {
  const { folder, source } = sourceIn();
  const elsewhere = join(temporaryFolder(), 'elsewhere');
  writeFileSync(elsewhere, 'theirs');
  symlinkSync(elsewhere, `${source}.next.tmp`);
  await workOnFiles('stage', source, 'new');
  expect(readFileSync(elsewhere, 'utf8')).toBe('theirs');
  expect(lstatSync(`${source}.next`).isFile()).toBe(true);
  rmSync(`${source}.next`);
  execFileSync('mkfifo', [`${source}.next.tmp`]);
  await workOnFiles('stage', source, 'new');
  expect(readdirSync(folder).toSorted((one, other) => (one < other ? -1 : 1))).toEqual(['token', 'token.next']);
});

test('a staging that fails leaves nothing of the secret, and nothing that is no plain file is waited for', async () => {
  const { folder, source } = sourceIn();
  mkdirSync(`${source}.next`);
  await expect(workOnFiles('stage', source, 'new')).rejects.toThrow('EISDIR');
  expect(readdirSync(folder)).toHaveLength(2);
  expect(() => lookAtFiles(source)).toThrow('no plain file');
  rmSync(`${source}.next`, { recursive: true });
  execFileSync('mkfifo', [`${source}.next`]);
  expect(() => lookAtFiles(source)).toThrow('no plain file');
});
