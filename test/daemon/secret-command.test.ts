import { expect, test } from 'vitest';
import { outputOf } from '../../src/daemon/secret-command.ts';

const of = (...command: readonly string[]): ReturnType<typeof outputOf> => outputOf(command, '/');

test('what a command prints is its secret, whatever it says beside', async () => {
  expect(await of('sh', '-c', 'echo beside >&2; echo secret')).toEqual({ ok: true, stdout: 'secret\n' });
});

test('a command that asks for something gets no answer instead of waiting for one', async () => {
  expect(await of('cat')).toEqual({ ok: true, stdout: '' });
});

test('a command that fails is told by how it ended, and by nothing that it said', async () => {
  expect([
    await of('sh', '-c', 'echo secret; echo secret >&2; exit 3'),
    await of('sh', '-c', 'kill -9 $$'),
    await of('/gone/program', 'secret'),
    await of('sh', '-c', 'yes'),
  ]).toEqual([
    { ok: false, how: 'ended with 3' },
    { ok: false, how: 'ended with SIGKILL' },
    { ok: false, how: 'ended with ENOENT' },
    { ok: false, how: 'ended with ERR_CHILD_PROCESS_STDIO_MAXBUFFER' },
  ]);
});
