import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSecretFile, whyOpen } from '../../src/box/secret-file.ts';
import { temporaryFolder } from '../cli/folder.ts';

const ME = 1000;

describe('private is', () => {
  test.each([
    ['my file that only I can read and write', { mode: 0o100600, owner: ME }],
    ['my file that only I can read', { mode: 0o100400, owner: ME }],
    [
      'what systemd hands to a service with a user: of root, and an access list that shows as the group',
      { mode: 0o100440, owner: 0 },
    ],
    ['what systemd hands to a service without one, which then runs as root', { mode: 0o100400, owner: 0 }],
  ])('%s', (_, file) => {
    expect(whyOpen(file, ME)).toBeNull();
  });
});

describe('open is', () => {
  test.each([
    ['my file that my group can read', { mode: 0o100640, owner: ME }, 'mode 0640'],
    ['my file that everybody can read', { mode: 0o100604, owner: ME }, 'mode 0604'],
    ['my file that my group can write', { mode: 0o100620, owner: ME }, 'mode 0620'],
    ['a file of root that everybody can read', { mode: 0o100444, owner: 0 }, 'mode 0444'],
    ['a file of root that the group can write', { mode: 0o100460, owner: 0 }, 'mode 0460'],
    ["another user's file, however closed", { mode: 0o100600, owner: 1001 }, 'belongs to user 1001, not to you (1000)'],
  ])('%s', (_, file, why) => {
    expect(whyOpen(file, ME)).toContain(why);
  });

  test("root's own file that the group can read, for root", () => {
    expect(whyOpen({ mode: 0o100440, owner: 0 }, 0)).toContain('mode 0440');
  });
});

describe('a file gives', () => {
  const file = (text: string, mode = 0o600): string => {
    const path = join(temporaryFolder(), 'token');
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };

  test('the secret without what stands around it', () => {
    expect(readSecretFile(file('\n secret \r\n'))).toEqual({ is: 'secret', secret: 'secret' });
    expect(readSecretFile(file('secret', 0o400))).toEqual({ is: 'secret', secret: 'secret' });
  });

  test('nothing when it is open, also through a link, and says how to close it', () => {
    const path = file('secret', 0o644);
    const link = join(temporaryFolder(), 'link');
    symlinkSync(path, link);
    expect(readSecretFile(path)).toEqual({
      is: 'open',
      why: 'other users can read or change it (mode 0644)',
      todo: `chmod 600 ${path}`,
    });
    expect(readSecretFile(link)).toMatchObject({ is: 'open' });
    expect(JSON.stringify(readSecretFile(path))).not.toContain('secret');
  });

  test('a word for what it is when it holds no secret', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'sub'));
    execFileSync('mkfifo', ['-m', '600', join(folder, 'pipe')]);
    expect(readSecretFile(file(' \n'))).toEqual({ is: 'empty' });
    expect(readSecretFile(join(folder, 'none'))).toEqual({ is: 'absent' });
    expect(readSecretFile(join(folder, 'sub'))).toEqual({ is: 'unreadable', code: 'no plain file' });
    // A pipe would make everybody wait for who writes into it.
    expect(readSecretFile(join(folder, 'pipe'))).toEqual({ is: 'unreadable', code: 'no plain file' });
    expect(readSecretFile(file('x'.repeat(65 * 1024)))).toEqual({ is: 'unreadable', code: 'too large' });
  });
});
