import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noSuchAgent } from '../../src/protocol/errors.ts';
import type { ExplanationRow } from '../../src/protocol/rows.ts';
import { temporaryFolder } from './folder.ts';
import { runCli } from './run-cli.ts';
import { asked, daemonThatSays } from './scripted-daemon.ts';

const row = (name: string, why = ''): ExplanationRow => ({
  name,
  text: `${name} is up.${why}`,
  is: `${name} is up.`,
  why,
  next: '',
  todo: '',
});

test('explain is one paragraph for each agent, and one object for each in JSON', async () => {
  const rows = [row('a'), row('b', ' It was asked to.')];
  const { run, daemon } = await daemonThatSays({ explain: rows });
  const people = await run(['explain', 'a', 'b*']);
  expect(people).toEqual({ code: 0, stdout: 'a is up.\n\nb is up. It was asked to.\n', stderr: '' });
  expect(asked(daemon)).toEqual({ method: 'explain', params: { targets: ['a', 'b*'] } });
  expect(JSON.parse((await run(['explain', '--json'])).stdout)).toEqual(rows);
  expect(asked(daemon)).toEqual({ method: 'explain', params: { targets: [] } });
});

test('explain shows no token that an agent quoted', async () => {
  const { run } = await daemonThatSays({ explain: [row('a', ` It said ${'sk-ant-oat01-'.padEnd(100, 'x')}`)] });
  for (const args of [['explain'], ['explain', '--json']]) expect((await run(args)).stdout).not.toContain('xxxxxxxx');
});

test('explain of an unknown agent ends with 4', async () => {
  const { run } = await daemonThatSays({ explain: noSuchAgent('x') });
  expect(await run(['explain', 'x'])).toMatchObject({ code: 4, stdout: '' });
});

test('explain where nobody is says so on stderr, and prints an empty array for programs', async () => {
  const home = join(temporaryFolder(), 'home');
  expect(await runCli(['explain'], { home })).toEqual({
    code: 3,
    stdout: '',
    stderr: 'agentvisor: daemon not running, 0 agents alive\nagentvisor: there are no agents\n',
  });
  expect((await runCli(['explain', '--json'], { home })).stdout).toBe('[]\n');
});

test('describe where nobody is prints no empty line', async () => {
  const { run } = await daemonThatSays({ describe: [] });
  expect(await run(['describe', 'all'])).toEqual({ code: 0, stdout: '', stderr: 'agentvisor: there are no agents\n' });
});
