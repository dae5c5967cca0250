import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { outboxFile, outboxFolder } from '../../src/home/paths.ts';
import { wall } from '../../src/kernel/moment.ts';
import { bearersUnder, TOKEN } from '../box.ts';
import { freePort, notice, outboxScene, receiver, status, until } from './outbox-scene.ts';

const at = (seq: number): { seq: number; index: number } => ({ seq, index: 0 });

const RECEIPT = {
  agent: 'bob',
  failedRequestId: 'req_1',
  attempts: 2,
  messageId: 'msg_1',
  at: wall(Date.UTC(2026, 10, 20, 10, 17, 0)),
  downMs: 40_000,
};

test('a notice reaches a webhook as one POST and a command as one line, with all that it says', async () => {
  const { open, home, appendTo, lines, isEmpty } = outboxScene();
  const { url, arrived } = await receiver();
  const outbox = open();
  outbox.start();
  const closed = notice('i5-closed', { kind: 'closed', receipt: RECEIPT });
  outbox.put(at(1), closed, [{ webhook: `${url}/chat` }, { command: appendTo('told') }]);
  await until(isEmpty);
  const expected = {
    id: 'i5-closed',
    kind: 'closed',
    at: '2026-11-20T10:16:20.000Z',
    incident: 'i5',
    scope: 'session',
    cause: 'auth-session',
    agents: ['bob'],
    text: 'bob was rejected and is restarted.',
    receipt: { ...RECEIPT, at: '2026-11-20T10:17:00.000Z' },
    host: hostname(),
    home,
  };
  expect(arrived).toMatchObject([{ path: '/chat', headers: { 'content-type': 'application/json' } }]);
  expect(arrived.map(({ body }) => JSON.parse(body) as unknown)).toEqual([expected]);
  expect(lines('told').map((line) => JSON.parse(line) as unknown)).toEqual([expected]);
  expect(readFileSync(join(home, 'told'), 'utf8')).toMatch(/^[^\n]+\n$/);
  expect(outbox.degraded()).toEqual([]);
});

test('a webhook that answers 500 or is not there is asked again until it takes the notice, and that is told meanwhile', async () => {
  const { open, complaints, isEmpty } = outboxScene();
  const { url, ids } = await receiver((n, path, response) => status(n < 2 ? 500 : 204)(n, path, response));
  const port = await freePort();
  const outbox = open();
  outbox.start();
  outbox.put(at(1), notice('one'), [{ webhook: `${url}/a` }, { webhook: `http://127.0.0.1:${port}/b` }]);
  await until(() => outbox.degraded().some((line) => line.includes('ECONNREFUSED')));
  const late = await receiver(status(200), port);
  await until(isEmpty);
  expect(ids('/a')).toEqual(['one', 'one', 'one']);
  expect(late.ids('/b')).toEqual(['one']);
  expect(complaints.toSorted()).toEqual(
    [
      `notify: webhook ${url.slice(7)}: not taken, tried again: HTTP 500`,
      `notify: webhook 127.0.0.1:${port}: not taken, tried again: ECONNREFUSED`,
    ].toSorted(),
  );
  expect(outbox.degraded()).toEqual([]);
});

test('a command that fails is run again, and what it said is in the complaint without secrets', async () => {
  const { open, home, complaints, isEmpty, lines } = outboxScene();
  const script = `[ -e "$0/tried" ] && exec cat >>"$0/told"; touch "$0/tried"; echo "no way with ${TOKEN}" >&2; exit 3`;
  const outbox = open();
  outbox.start();
  outbox.put(at(1), notice('one'), [{ command: ['/bin/sh', '-c', script, home] }]);
  await until(isEmpty);
  expect(lines('told')).toHaveLength(1);
  expect(complaints).toEqual([
    'notify: command /bin/sh: not taken, tried again: ended with 3: no way with sk-ant-oat01-[redacted]',
  ]);
});

test('a command that is not there, or has more to say than is kept, is complained of with what is known', async () => {
  const { open, complaints, isEmpty } = outboxScene();
  const outbox = open({ triesMax: 1 });
  outbox.start();
  const much = `i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done >&2; exit 1`;
  outbox.put(at(1), notice('one'), [{ command: ['/no/such/program'] }, { command: ['/bin/sh', '-c', much] }]);
  await until(isEmpty);
  expect(complaints.find((text) => text.includes('/no/such'))).toContain('could not be started (ENOENT)');
  const said = complaints.find((text) => text.includes('/bin/sh')) ?? '';
  expect(said).toMatch(/line 2999$/);
  expect(said.length).toBeLessThan(4_300);
});

test('known secrets and whatever looks like one are taken out before a notice is written down or leaves', async () => {
  const { open, home, isEmpty } = outboxScene();
  const { url, arrived } = await receiver();
  const outbox = open({}, ['correct-"horse"-battery']);
  outbox.start();
  const text = `Failed with ${TOKEN} and correct-"horse"-battery "so".`;
  outbox.put(at(1), notice('one', { text }), [{ webhook: url }]);
  expect(readFileSync(outboxFile(home), 'utf8')).not.toMatch(/t0ken|horse/);
  await until(isEmpty);
  expect(JSON.parse(arrived[0]?.body ?? '')).toMatchObject({
    text: 'Failed with sk-ant-oat01-[redacted] and [redacted] "so".',
  });
});

test('the address of a webhook stands in no argument and no environment of any process', async () => {
  const { open, home, isEmpty } = outboxScene();
  const held: (() => void)[] = [];
  const { url, arrived } = await receiver((_, __, response) => held.push(() => void response.end()));
  const outbox = open();
  outbox.start();
  outbox.put(at(1), notice('one'), [{ webhook: `${url}/hook/s3cret-path` }]);
  await until(() => arrived.length === 1);
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const show = (word: string): string[] =>
    pids.filter((pid) => ['cmdline', 'environ'].some((file) => readOr(`/proc/${pid}/${file}`).includes(word)));
  expect(show(`AGENTVISOR_RUN=${outboxFolder(home)}`)).toEqual(bearersUnder(home).map(String));
  expect(show('deliver.js')).toEqual(expect.arrayContaining(bearersUnder(home).map(String)));
  expect(bearersUnder(home)).toHaveLength(1);
  expect(show('s3cret-path')).toEqual([]);
  held.forEach((answer) => answer());
  await until(isEmpty);
});

test('a command sees a few variables of the daemon and no credential', async () => {
  const { open, home, isEmpty, lines } = outboxScene();
  process.env['ANTHROPIC_API_KEY'] = TOKEN;
  onTestFinished(() => void delete process.env['ANTHROPIC_API_KEY']);
  const outbox = open();
  outbox.start();
  outbox.put(at(1), notice('one'), [{ command: ['/bin/sh', '-c', 'env >"$0/env"', home] }]);
  await until(isEmpty);
  const names = lines('env').map((line) => line.split('=')[0] ?? '');
  const usual = /^(PATH|HOME|LANG|LC_.*|TERM|TZ|USER|SHELL|TMPDIR|SSL_CERT_.*|NODE_EXTRA_CA_CERTS|.*_PROXY|.*_proxy)$/;
  expect(names).toEqual(expect.arrayContaining(['PATH', 'HOME']));
  expect(names.filter((name) => !usual.test(name)).toSorted()).toEqual(
    ['AGENTVISOR_RUN', 'PWD', ...['SHLVL', 'OLDPWD', '_'].filter((name) => names.includes(name))].toSorted(),
  );
});

test('a channel that hangs holds up no other one, nor does one that never stops failing', async () => {
  const { open, isEmpty } = outboxScene();
  const held: (() => void)[] = [];
  const { url, ids } = await receiver((n, path, response) => {
    if (path === '/hang') held.push(() => void response.end());
    else status(path === '/bad' ? 500 : 200)(n, path, response);
  });
  const outbox = open({ triesMax: 10_000 });
  outbox.start();
  const channels = ['/hang', '/bad', '/good'].map((path) => ({ webhook: `${url}${path}` }));
  const all = Array.from({ length: 8 }, (_, n) => `n${n}`);
  all.forEach((id, n) => outbox.put(at(n + 1), notice(id), channels));
  await until(() => ids('/good').length === all.length);
  expect(ids('/good')).toEqual(all);
  expect(ids('/hang')).toEqual(['n0']);
  expect(isEmpty()).toBe(false);
  held.forEach((answer) => answer());
});

test('never more than four are under way', async () => {
  const { open, home } = outboxScene();
  const held: (() => void)[] = [];
  const { url, arrived } = await receiver((_, __, response) => held.push(() => void response.end()));
  const outbox = open();
  outbox.start();
  const channels = Array.from({ length: 9 }, (_, n) => ({ webhook: `${url}/${n}` }));
  outbox.put(at(1), notice('one'), channels);
  for (let done = 0; done < 9; done++) {
    await until(() => arrived.length === Math.min(9, done + 4));
    expect(bearersUnder(home).length).toBeLessThanOrEqual(4);
    held.shift()?.();
    await until(() => held.length === Math.min(9, done + 5) - done - 1 || arrived.length === 9);
  }
});

test('a notice that nobody takes is given up after the last try, and that is seen until the channel takes one', async () => {
  const { open, complaints, isEmpty } = outboxScene();
  let code = 503;
  const { url, ids } = await receiver((n, path, response) => status(code)(n, path, response));
  const name = `webhook ${url.slice(7)}`;
  const outbox = open({ triesMax: 3 });
  outbox.start();
  outbox.put(at(1), notice('one'), [{ webhook: url }]);
  await until(isEmpty);
  expect(ids('/')).toEqual(['one', 'one', 'one']);
  expect(complaints.at(-1)).toBe(`notify: ${name}: notice one is given up: HTTP 503`);
  expect(complaints).toHaveLength(2);
  expect(outbox.degraded()).toEqual([`notify ${name}: HTTP 503; 1 given up`]);
  code = 200;
  outbox.put(at(2), notice('two'), [{ webhook: url }]);
  await until(() => ids('/').length === 4);
  await until(() => outbox.degraded().length === 0);
});

test('of more notices than may wait the oldest are given up', async () => {
  const { open, complaints } = outboxScene();
  const { url, ids } = await receiver();
  const outbox = open({ waitingMax: 3 });
  for (let seq = 1; seq <= 5; seq++) outbox.put(at(seq), notice(`n${seq}`), [{ webhook: url }]);
  expect(complaints).toHaveLength(2);
  outbox.start();
  await until(() => ids('/').length === 3);
  expect(ids('/')).toEqual(['n3', 'n4', 'n5']);
});

test('a command that takes too long is ended with all that it started, and one that ignores the TERM as well', async () => {
  const { open, home, complaints, isEmpty } = outboxScene();
  const outbox = open({ triesMax: 1, commandMs: 200, killMs: 100 });
  outbox.start();
  const stubborn = `trap '' TERM; sleep 3600 & sleep 3600`;
  outbox.put(at(1), notice('one'), [{ command: ['/bin/sh', '-c', stubborn] }, { command: ['sleep', '3600'] }]);
  await until(isEmpty);
  expect(complaints).toHaveLength(2);
  expect(complaints.join()).toMatch(/is given up: took longer than 0.2 s.*is given up: took longer than 0.2 s/);
  await until(() => bearersUnder(home).length === 0);
});

test('a redirect is followed on the same host and not to another one', async () => {
  const { open, complaints, isEmpty } = outboxScene();
  const other = await receiver();
  const away = other.url.replace('127.0.0.1', 'localhost');
  const { url, ids } = await receiver((n, path, response) => {
    if (path === '/away') response.writeHead(307, { location: `${away}/there` }).end();
    else if (path === '/near') response.writeHead(308, { location: '/there' }).end();
    else if (path === '/round') response.writeHead(302, { location: '/round' }).end();
    else status(200)(n, path, response);
  });
  const outbox = open({ triesMax: 1 });
  outbox.start();
  const channels = ['/away', '/near', '/round'].map((path) => ({ webhook: `${url}${path}` }));
  outbox.put(at(1), notice('one'), channels);
  await until(isEmpty);
  expect(ids('/there')).toEqual(['one']);
  expect(ids('/round')).toHaveLength(4);
  expect(other.arrived).toEqual([]);
  expect(complaints.map((text) => text.replace(/.*given up: /, '')).toSorted()).toEqual([
    'HTTP 307, a redirect to another host',
    'too many redirects',
  ]);
});

test('a webhook that answers too late has not taken the notice', async () => {
  const { open, complaints, isEmpty } = outboxScene();
  const { url } = await receiver(() => undefined);
  const outbox = open({ triesMax: 1, postMs: 100 });
  outbox.start();
  outbox.put(at(1), notice('one'), [{ webhook: url }]);
  await until(isEmpty);
  expect(complaints.join()).toContain('no answer within 0.1 s');
});

test('the file stays small, nothing of a finished delivery is kept, and all of it is private', async () => {
  const { open, home, isEmpty } = outboxScene();
  const { url, ids } = await receiver();
  const outbox = open({ bytesMax: 4_000 });
  outbox.start();
  const long = { text: 'x'.repeat(1_000) };
  for (let seq = 1; seq <= 20; seq++) outbox.put(at(seq), notice(`n${seq}`, long), [{ webhook: url }]);
  expect(statSync(outboxFile(home)).mode & 0o777).toBe(0o600);
  await until(() => isEmpty() && readdirSync(outboxFolder(home)).length === 0);
  expect(ids('/')).toEqual(Array.from({ length: 20 }, (_, n) => `n${n + 1}`));
  expect(statSync(outboxFolder(home)).mode & 0o777).toBe(0o700);
  expect(statSync(outboxFile(home)).mode & 0o777).toBe(0o600);
  // What was once waiting may make it twice as large as what was left at the last fold.
  expect(statSync(outboxFile(home)).size).toBeLessThan(40_000);
  await outbox.close();
  expect(statSync(outboxFile(home)).size).toBeLessThan(100);
  expect(open().last).toEqual(at(20));
});

test('what waits when an outbox is closed is delivered by the next one, and the end of a try in between is found', async () => {
  const { open, home, isEmpty } = outboxScene();
  const held: (() => void)[] = [];
  const { url, ids, arrived } = await receiver((_, path, response) => {
    if (path === '/slow') held.push(() => void response.end());
    else response.end();
  });
  const first = open({ closeMs: 50 });
  first.put(at(1), notice('one'), [{ webhook: `${url}/slow` }]);
  first.start();
  await until(() => arrived.length === 1);
  first.put(at(2), notice('two'), [{ webhook: `${url}/slow` }]);
  await first.close();
  first.put(at(3), notice('never'), [{ webhook: url }]);
  expect(bearersUnder(home)).toHaveLength(1);
  held.shift()?.();
  await until(() => bearersUnder(home).length === 0);
  open().start();
  await until(() => held.length === 1);
  held.shift()?.();
  await until(isEmpty);
  expect(ids('/slow')).toEqual(['one', 'two']);
  expect(ids('/')).toEqual([]);
});

test('a delivery whose process was killed is tried again, and its command does not go on beside that', async () => {
  const { open, home, complaints, isEmpty, lines } = outboxScene();
  const script = `[ -e "$0/again" ] && exec cat >>"$0/told"; touch "$0/again"; sleep 3600`;
  const outbox = open();
  outbox.start();
  outbox.put(at(1), notice('one'), [{ command: ['/bin/sh', '-c', script, home] }]);
  await until(() => bearersUnder(home).length === 3);
  process.kill(Math.min(...bearersUnder(home)), 'SIGKILL');
  await until(isEmpty);
  expect(lines('told')).toHaveLength(1);
  expect(complaints).toEqual(['notify: command /bin/sh: not taken, tried again: its process ended with SIGKILL']);
  expect(bearersUnder(home)).toEqual([]);
});

test('a file that is torn or holds what is not known loses nothing else', async () => {
  const { open, home, isEmpty } = outboxScene();
  const { url, ids } = await receiver();
  const first = open();
  first.put(at(1), notice('one'), [{ webhook: url }]);
  await first.close();
  const text = readFileSync(outboxFile(home), 'utf8');
  const odd = { seq: 0, index: 0, key: 'odd', notice: {}, channels: [{ webhook: 'https://[' }] };
  writeFileSync(
    outboxFile(home),
    `{"of":"tomorrow"}\n${JSON.stringify(odd)}\n${text}{"seq":7,"index":0,"key":"k","noti`,
  );
  const next = open({ triesMax: 2 });
  expect(next.last).toEqual(at(1));
  next.start();
  await until(isEmpty);
  expect(ids('/')).toEqual(['one']);
});

function readOr(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // It ended meanwhile, or belongs to somebody else.
    return '';
  }
}
