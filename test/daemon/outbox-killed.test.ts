import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { idOf } from '../../src/daemon/outbox/lines.ts';
import { readHolder, take } from '../../src/daemon/outbox/notes.ts';
import { EXIT, type Task } from '../../src/daemon/outbox/task.ts';
import { outboxFile, outboxFolder, stateFolder } from '../../src/home/paths.ts';
import { identity } from '../../src/home/process-identity.ts';
import type { NotifySpec } from '../../src/kernel/spec.ts';
import { bearersUnder } from '../box.ts';
import { DELIVER, notice, outboxScene, receiver, until, waitingIn, type OutboxScene } from './outbox-scene.ts';

const PROGRAM = fileURLToPath(new URL('outbox-program.mjs', import.meta.url));
const COUNT = 3;
const IDS = ['n1', 'n2', 'n3'];

type Program = { readonly child: ChildProcess; said(): string; killed(): Promise<void> };

function run(home: string, count: number, channels: readonly NotifySpec[], shell?: string): Program {
  const argv = [process.execPath, PROGRAM, home, String(count), JSON.stringify(channels)];
  const [file = '', ...args] = shell === undefined ? argv : ['/bin/sh', '-c', shell, 'sh', ...argv];
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'exit');
  const killed = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(killed);
  return { child, said: () => said, killed };
}

const idsIn = (lines: readonly string[]): string[] => lines.map((line) => (JSON.parse(line) as { id: string }).id);

/** Settles with the n-th change of the outbox's files, which are made before. */
function change(home: string, n: number): Promise<void> {
  mkdirSync(outboxFolder(home), { recursive: true });
  return new Promise((done) => {
    let left = n;
    const look = (): void => {
      left -= 1;
      if (left <= 0) done();
    };
    const watchers = [stateFolder(home), outboxFolder(home)].map((folder) => watch(folder, look));
    onTestFinished(() => watchers.forEach((watcher) => watcher.close()));
  });
}

/** From the first line in the file over tries, notes and outcomes to their removal. */
const INSTANTS = [1, 2, 3, 5, 8, 12, 17, 24];

test.each(INSTANTS)('killed at the %i. change of its files, an outbox delivers each notice exactly once', async (n) => {
  const { home, appendTo, lines } = outboxScene();
  const { url, ids } = await receiver();
  const channels = [{ webhook: `${url}/a` }, { command: appendTo('told') }, { webhook: `${url}/b` }];
  for (const instant of [n, Math.ceil(n / 2)]) {
    const fatal = change(home, instant);
    const program = run(home, COUNT, channels);
    const allTold = until(() => [ids('/a'), ids('/b'), lines('told')].every((each) => each.length >= COUNT));
    await Promise.race([fatal, allTold]);
    await program.killed();
  }
  run(home, COUNT, channels);
  await until(() => lines('told').length >= COUNT && waitingIn(home) === 0);
  expect(ids('/a').toSorted()).toEqual(IDS);
  expect(ids('/b').toSorted()).toEqual(IDS);
  expect(idsIn(lines('told')).toSorted()).toEqual(IDS);
});

test('a try that is in the middle of its POST when the outbox is killed is waited for and not repeated', async () => {
  const { home, appendTo, lines } = outboxScene();
  const held: (() => void)[] = [];
  const { url, ids } = await receiver((_, __, response) => held.push(() => void response.end()));
  const channels = [{ webhook: url }, { command: appendTo('told') }];
  const first = run(home, 1, channels);
  await until(() => held.length === 1);
  await first.killed();
  const second = run(home, 5, channels);
  // The second outbox is at work, but this channel is not free.
  await until(() => lines('told').length === 5);
  await second.killed();
  run(home, 6, channels);
  await until(() => lines('told').length === 6);
  expect(ids('/')).toEqual(['n1']);
  const release = setInterval(() => held.shift()?.(), 5);
  onTestFinished(() => clearInterval(release));
  await until(() => waitingIn(home) === 0);
  expect(ids('/')).toEqual(['n1', 'n2', 'n3', 'n4', 'n5', 'n6']);
});

test('a try that came to its end while no outbox lived is not repeated, a command that failed then is', async () => {
  const { home, lines } = outboxScene();
  const { url, ids } = await receiver();
  const script = `until [ -e "$0/go" ]; do sleep 0.02; done; cat >>"$0/told"; [ -e "$0/again" ] || { touch "$0/again"; exit 1; }`;
  const channels = [{ webhook: url }, { command: ['/bin/sh', '-c', script, home] }];
  const first = run(home, 1, channels);
  await until(() => bearersUnder(home).length >= 2);
  await first.killed();
  writeFileSync(join(home, 'go'), '');
  await until(() => bearersUnder(home).length === 0);
  run(home, 1, channels);
  await until(() => waitingIn(home) === 0);
  expect(ids('/')).toEqual(['n1']);
  expect(lines('told')).toHaveLength(2);
});

/** The state that a daemon leaves which dies with a try under way. */
async function leaveTry(scene: OutboxScene, url: string, boot: string): Promise<string> {
  const { home, open } = scene;
  const outbox = open();
  outbox.put({ seq: 1, index: 0 }, notice('one'), [{ webhook: url }]);
  await outbox.close();
  const { waiting } = JSON.parse(scene.lines('state/outbox.ndjson')[0] ?? '') as { waiting: { key: string } };
  const line = { try: waiting.key, channel: 0, n: 1, boot };
  writeFileSync(outboxFile(home), `${JSON.stringify(line)}\n`, { flag: 'a' });
  mkdirSync(outboxFolder(home), { recursive: true });
  return join(outboxFolder(home), `${idOf({ key: waiting.key, channel: 0 })}-1`);
}

test('a process that comes late to a try which was taken back does nothing', async () => {
  const scene = outboxScene();
  const { url, ids } = await receiver();
  const notes = await leaveTry(scene, url, identity.bootId());
  scene.open().start();
  await until(() => scene.isEmpty() && ids('/').length > 0);
  expect(readHolder(notes)).toBe(null);
  const limits = { commandMs: 1_000, killMs: 1_000, postMs: 1_000 };
  const task: Task = { channel: { webhook: url }, body: '{"id":"late"}', cwd: '/', notes, limits };
  expect(await deliver(`${JSON.stringify(task)}\n`)).toBe(EXIT.forbidden);
  expect(await deliver(JSON.stringify({ ...task, notes: null }))).toBe(EXIT.forbidden);
  expect(await deliver('')).toBe(EXIT.forbidden);
  expect(ids('/')).toEqual(['one']);
});

test('after the machine went down a try is found by its outcome, or made again when it has none', async () => {
  for (const outcome of ['{"delivered":true}', null]) {
    const scene = outboxScene();
    const { url, ids } = await receiver();
    const notes = await leaveTry(scene, url, 'an earlier boot');
    take(notes, { pid: process.pid, start: identity.startTimeOf(process.pid) ?? '', boot: 'an earlier boot' });
    if (outcome !== null) writeFileSync(`${notes}.outcome`, outcome);
    scene.open().start();
    await until(() => scene.isEmpty());
    expect(ids('/')).toEqual(outcome === null ? ['one'] : []);
    expect(scene.complaints.map((text) => text.replace(/.*: /, ''))).toEqual(
      outcome === null ? ['the machine went down in the middle'] : [],
    );
  }
});

test('on a disk that becomes full every notice is still delivered once, and the file is whole again with room', async () => {
  const { home } = outboxScene();
  const { url, ids } = await receiver();
  // A limit of 8 blocks of 512 bytes is a disk that becomes full; an ignored XFSZ is inherited, and the write says EFBIG.
  const program = run(home, 12, [{ webhook: url }], `trap '' XFSZ; ulimit -f 8; exec "$@"`);
  await until(() => ids('/').length === 12 && waitingIn(home) === 0);
  expect(program.said()).toContain('degraded: outbox: EFBIG');
  program.child.kill('SIGTERM');
  await once(program.child, 'exit');
  expect(program.said()).toMatch(/closed\n$/);
  expect(ids('/')).toEqual(Array.from({ length: 12 }, (_, n) => `n${n + 1}`));
  expect(readdirSync(outboxFolder(home))).toEqual([]);
});

async function deliver(told: string): Promise<number | null> {
  const child = spawn(process.execPath, [DELIVER], { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(told);
  await once(child, 'exit');
  return child.exitCode;
}
