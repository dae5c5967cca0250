import { chmodSync, chownSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SOCKET_PATH_BYTES_MAX, homeFolder, socketPath } from '../../src/home/paths.ts';
import { checkHome, checkSocketFolder, prepareHome, prepareSocketFolder } from '../../src/home/permission.ts';
import { temporaryFolder } from './folder.ts';

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('the home folder', () => {
  test('is AGENTVISOR_HOME made absolute, else a folder of the user', () => {
    expect(homeFolder({})).toBe(join(homedir(), '.agentvisor'));
    expect(homeFolder({ AGENTVISOR_HOME: '' })).toBe(join(homedir(), '.agentvisor'));
    expect(homeFolder({ AGENTVISOR_HOME: 'here' })).toBe(resolve('here'));
  });

  test('is made with its parents, for its owner alone, and taken as it is the next time', () => {
    const home = join(temporaryFolder(), 'a', 'b');
    prepareHome(home);
    prepareHome(home);
    expect(modeOf(home)).toBe(0o700);
  });

  test.each([0o770, 0o707, 0o777])('of mode %o is refused, with the command that mends it', (mode) => {
    const home = join(temporaryFolder(), 'home');
    mkdirSync(home);
    chmodSync(home, mode);
    expect(() => prepareHome(home)).toThrow(
      expect.objectContaining({ code: 'refused', nextStep: `Close it: chmod 700 ${home}` }),
    );
  });

  test('may be a link to a folder of ours, not to one that others can write', () => {
    const folder = temporaryFolder();
    const [target, link] = [join(folder, 'target'), join(folder, 'link')];
    mkdirSync(target, { mode: 0o700 });
    symlinkSync(target, link);
    expect(() => prepareHome(link)).not.toThrow();
    chmodSync(target, 0o777);
    expect(() => prepareHome(link)).toThrow(expect.objectContaining({ code: 'refused' }));
  });

  test.each(['a file', 'a dead link'])('that is %s is refused', (what) => {
    const home = join(temporaryFolder(), 'home');
    if (what === 'a file') writeFileSync(home, '');
    else symlinkSync('/nowhere/at/all', home);
    expect(() => prepareHome(home)).toThrow(
      expect.objectContaining({ code: 'refused', message: expect.stringContaining('is not a folder') }),
    );
  });

  test('below a file is refused, by who makes it and by who only looks', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    for (const use of [prepareHome, checkHome]) {
      expect(() => use(join(file, 'home'))).toThrow(
        expect.objectContaining({ code: 'refused', message: expect.stringContaining('cannot be reached (ENOTDIR)') }),
      );
    }
  });

  test('that belongs to somebody else is refused', () => {
    const isRoot = process.getuid?.() === 0;
    const home = isRoot ? temporaryFolder() : '/';
    if (isRoot) chownSync(home, 12_345, 12_345);
    expect(() => prepareHome(home)).toThrow(
      expect.objectContaining({ code: 'refused', message: expect.stringContaining('belongs to user') }),
    );
  });

  test('that is missing is no trouble for who only looks, and is not made', () => {
    const home = join(temporaryFolder(), 'home');
    expect(() => checkHome(home)).not.toThrow();
    expect(existsSync(home)).toBe(false);
  });
});

describe('the socket', () => {
  test('lies in the home when its path can be bound', () => {
    expect(socketPath('/srv/home')).toBe('/srv/home/daemon.sock');
  });

  test('of a home with a long path lies in a short folder, one for each home', () => {
    const env = { XDG_RUNTIME_DIR: '/run/user/1' };
    const [one, other] = ['a', 'b'].map((letter) => socketPath(`/${letter.repeat(120)}`, env));
    expect(one).toMatch(/^\/run\/user\/1\/agentvisor-\d+\/[0-9a-f]{16}\.sock$/);
    expect(Buffer.byteLength(one ?? '')).toBeLessThanOrEqual(SOCKET_PATH_BYTES_MAX);
    expect(other).not.toBe(one);
    expect(socketPath(`/${'a'.repeat(120)}`, env)).toBe(one);
  });

  test('has its short folder made for the owner alone, and one that others can write is not used', () => {
    const socket = join(temporaryFolder(), 'short', 'x.sock');
    prepareSocketFolder(socket, '/home');
    expect(modeOf(join(socket, '..'))).toBe(0o700);
    chmodSync(join(socket, '..'), 0o777);
    expect(() => prepareSocketFolder(socket, '/home')).toThrow(expect.objectContaining({ code: 'refused' }));
    expect(() => checkSocketFolder(socket, '/home')).toThrow(expect.objectContaining({ code: 'refused' }));
  });
});
