import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { standInBox } from './stand-in-box.ts';

test('a token is in no file of the home, no argument list and no answer, though an agent prints it', async () => {
  // Its own: all processes of the machine are looked at, and other tests run at the same time.
  const token = `sk-ant-oat01-${randomBytes(48).toString('hex')}`;
  const script = { faults: [{ when: { contains: 'say it' }, do: { answer: `my token is ${token}` } }] };
  const fleet = standInBox(['ada'], script);
  expect((await fleet.avWith({ env: { TEST_TOKEN: token } }, 'start')).code).toBe(0);
  const answer = await fleet.ok('send', 'ada', 'say it', '--wait');
  expect(answer).toContain('my token is');
  const shown = [answer];
  for (const verb of [
    ['list', '--json'],
    ['describe', 'ada', '--json'],
    ['describe', 'ada'],
    ['logs', 'ada'],
    ['logs', 'ada', '--raw'],
    ['logs', 'ada', '--json'],
    ['events', '--json'],
    ['history', 'ada', '--json'],
    ['incidents', '--json'],
    ['daemon', 'status', '--json'],
  ]) {
    shown.push(await fleet.ok(...verb));
  }
  expect(shown.filter((text) => text.includes(token))).toEqual([]);
  await fleet.ok('daemon', 'stop');
  // The agent's own output is raw and private; nothing else may hold it.
  const files = readdirSync(fleet.home, { recursive: true, encoding: 'utf8' })
    .map((name) => join(fleet.home, name))
    .filter((path) => statSync(path).isFile() && !path.endsWith('stdout.ndjson'));
  expect(files.filter((path) => readFileSync(path, 'utf8').includes(token))).toEqual([]);
  const commandLines = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
      } catch {
        return [];
      }
    });
  expect(commandLines.filter((line) => line.includes(token))).toEqual([]);
  const loose = readdirSync(fleet.home, { recursive: true, encoding: 'utf8' })
    .map((name) => join(fleet.home, name))
    .filter((path) => (statSync(path).mode & 0o077) !== 0);
  expect(loose).toEqual([]);
});

test('a variable that is set to nothing takes no good token away', async () => {
  const fleet = standInBox(['ada']);
  await fleet.ok('start');
  expect((await fleet.avWith({ env: { TEST_TOKEN: '' } }, 'start')).code).toBe(0);
  await fleet.ok('restart', 'ada');
  expect(await fleet.ok('send', 'ada', 'still there', '--wait')).toBe('answer to: still there\n');
});

test('a message for an agent that is down is taken, and its sender is told that it waits', async () => {
  const fleet = standInBox(['ada']);
  await fleet.ok('start');
  await fleet.ok('stop', 'ada');
  const { code, stderr } = await fleet.av('send', 'ada', 'later');
  expect(code).toBe(0);
  expect(stderr).toContain('the message waits, ada is stopped');
  await fleet.ok('start', 'ada');
  await fleet.until('ada', ({ lastGoodTurnAt }) => lastGoodTurnAt !== null);
});

test('a new daemon takes an environment credential back from the living agent, so that the next start needs nobody', async () => {
  const fleet = standInBox(['ada']);
  await fleet.ok('start');
  await fleet.ok('daemon', 'stop');
  const { code } = await fleet.avWith({ env: { TEST_TOKEN: '' } }, 'restart', 'ada');
  expect(code).toBe(0);
  expect(await fleet.ok('send', 'ada', 'still there', '--wait')).toBe('answer to: still there\n');
});

test('a proxy with a password is in no state, and a new daemon has it for the next start all the same', async () => {
  const fleet = standInBox(['ada']);
  const HTTPS_PROXY = 'http://user:pr0xy-password@127.0.0.1:9';
  expect((await fleet.avWith({ env: { HTTPS_PROXY } }, 'start')).code).toBe(0);
  await fleet.ok('daemon', 'restart');
  await fleet.ok('restart', 'ada');
  const { pid } = await fleet.row('ada');
  expect(readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')).toContain(`HTTPS_PROXY=${HTTPS_PROXY}`);
  expect(readFileSync(join(fleet.home, 'state', 'snapshot.json'), 'utf8')).not.toContain('pr0xy');
});
