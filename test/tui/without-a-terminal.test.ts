import { expect, test } from 'vitest';
import type { Board } from '../../src/protocol/board.ts';
import { box } from '../box.ts';
import { standInBox } from '../daemon/stand-in-box.ts';
import { openShell } from './terminal.ts';

const ESCAPE = '\u001b';

test('in a pipe it is one plain snapshot, with the reason of each trouble', async () => {
  const script = { faults: [{ when: { contains: 'fail', untilFile: 'open' }, do: { api: '401' as const } }] };
  const fleet = standInBox(['ada', 'bob'], script, { auth: { quiet: { min: '20m', max: '20m' } } });
  await fleet.ok('start');
  await fleet.ok('send', 'ada', 'fail');
  await fleet.until('ada', ({ health }) => health === 'quiet');
  const { code, stdout, stderr } = await fleet.av('monit');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).not.toContain(ESCAPE);
  expect(stdout).toMatch(/^ agentvisor .* 2 agents: 1 quiet 1 unknown/);
  expect(stdout).toMatch(/^ {2}ada +\S+ running +quiet .* 1 auth-session /m);
  expect(stdout).toMatch(/^ ada is up and quiet: /m);
  expect(stdout.split('\n').filter((line) => line.endsWith(' '))).toEqual([]);
});

test('a pipe behind it in a shell gets the same, also when only its output is no terminal', async () => {
  const fleet = standInBox(['ada', 'bob']);
  await fleet.ok('start');
  const shell = await openShell(fleet, { columns: 200 });
  shell.type('agentvisor monit | cat; echo "ended with ${PIPESTATUS[0]}"\r');
  const screen = await shell.until((text) => text.includes('ended with 0'));
  expect(screen).toContain('2 agents');
  shell.type('clear; agentvisor monit < /dev/null; echo "then $?"\r');
  await shell.until((text) => text.includes('2 agents') && text.includes('then 0'));
  shell.type('clear; TERM=dumb agentvisor monit; echo "at last $?"\r');
  await shell.until((text) => text.includes('2 agents') && text.includes('at last 0'));
  expect(shell.bytes()).not.toContain(`${ESCAPE}[?1049h`);
});

test('with --json it is the board as the daemon tells it', async () => {
  const fleet = standInBox(['ada', 'bob']);
  await fleet.ok('start');
  const board = JSON.parse(await fleet.ok('monit', '--json')) as Board;
  expect(board.agents.map(({ row }) => row.name)).toEqual(['ada', 'bob']);
  expect(board).toMatchObject({ incidents: [], status: { agents: 2 } });
});

test('without a daemon it shows what stands in the files, and ends with 3', async () => {
  const fleet = standInBox(['ada', 'bob']);
  await fleet.ok('start');
  await fleet.ok('daemon', 'stop');
  const text = await fleet.av('monit');
  expect(text).toMatchObject({ code: 3, stderr: 'agentvisor: daemon not running, 2 agents alive\n' });
  expect(text.stdout).toContain('DAEMON NOT RUNNING, 2 agents alive');
  expect(text.stdout).toContain('agentvisor resurrect');
  expect(text.stdout).toMatch(/^ {2}ada +\S+ running/m);
  const json = await fleet.av('monit', '--json');
  expect(json.code).toBe(3);
  expect((JSON.parse(json.stdout) as Board).agents).toHaveLength(2);
});

test('without anything it shows no agents, and ends with 3', async () => {
  const empty = box();
  const { code, stdout } = await empty.av('monit');
  expect({ code, stdout }).toMatchObject({ code: 3 });
  expect(stdout).toContain('There are no agents. Start some: agentvisor start FILE');
});
