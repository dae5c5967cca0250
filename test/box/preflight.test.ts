import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { preflight } from '../../src/box/preflight.ts';
import { scene } from '../daemon/process/scene.ts';

test('a missing folder and a missing binary are told apart, though Node gives both the same error', () => {
  const { dir } = scene();
  const gone = join(dir, 'gone');
  expect(preflight({ cwd: gone, argv0: 'true', path: '/bin' })).toEqual({
    ok: false,
    what: 'missing-cwd',
    path: gone,
    message: `The folder ${gone} does not exist.`,
  });
  expect(preflight({ cwd: dir, argv0: 'no-such-program', path: '/bin' })).toEqual({
    ok: false,
    what: 'missing-binary',
    path: 'no-such-program',
    message: `There is no program no-such-program on the agent's PATH (/bin).`,
  });
});

test('a file as folder is told', () => {
  const { dir, file } = scene();
  expect(preflight({ cwd: file('f', ''), argv0: 'true', path: '/bin' })).toMatchObject({
    what: 'cwd-not-a-folder',
    path: join(dir, 'f'),
  });
});

test("a name is looked for in the agent's own PATH, whose relative entries begin at its folder", () => {
  const { dir, file } = scene();
  mkdirSync(join(dir, 'bin'));
  const tool = file('bin/tool', '#!/bin/sh\n', 0o755);
  expect(preflight({ cwd: dir, argv0: 'tool', path: '/nowhere:bin' })).toEqual({ ok: true, file: tool });
  expect(preflight({ cwd: join(dir, 'bin'), argv0: 'tool', path: '/nowhere:' })).toEqual({ ok: true, file: tool });
  expect(preflight({ cwd: dir, argv0: 'tool', path: '/nowhere' })).toMatchObject({ what: 'missing-binary' });
});

test('a path with a slash is relative to the folder and never looked for in PATH', () => {
  const { dir, file } = scene();
  const tool = file('tool', '#!/bin/sh\n', 0o755);
  expect(preflight({ cwd: dir, argv0: './tool', path: undefined })).toEqual({ ok: true, file: tool });
  expect(preflight({ cwd: dir, argv0: 'bin/tool', path: dir })).toMatchObject({
    what: 'missing-binary',
    path: 'bin/tool',
  });
});

test('a file that may not be executed is told, unless a later PATH entry has one that may', () => {
  const { dir, file } = scene();
  mkdirSync(join(dir, 'first'));
  mkdirSync(join(dir, 'second'));
  const plain = file('first/tool', '', 0o644);
  expect(preflight({ cwd: dir, argv0: 'tool', path: 'first:second' })).toMatchObject({
    what: 'not-executable',
    path: plain,
  });
  const tool = file('second/tool', '#!/bin/sh\n', 0o755);
  expect(preflight({ cwd: dir, argv0: 'tool', path: 'first:second' })).toEqual({ ok: true, file: tool });
});

test('a folder is no program, and neither is an empty name', () => {
  const { dir } = scene();
  expect(preflight({ cwd: dir, argv0: '/tmp', path: '/bin' })).toMatchObject({ what: 'missing-binary' });
  expect(preflight({ cwd: dir, argv0: '', path: '/bin' })).toMatchObject({ what: 'missing-binary' });
});

test('without a PATH the usual folders are searched', () => {
  const { dir } = scene();
  expect(preflight({ cwd: dir, argv0: 'sh', path: undefined })).toMatchObject({ ok: true });
});
