import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { VERBS } from '../../src/cli/verbs.ts';
import { temporaryFolder } from './folder.ts';
import { homeWithAgents } from './home-with-agents.ts';
import { runCli } from './run-cli.ts';

/** What is offered for the last of the words. */
async function offered(home: string, ...words: string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await runCli(['completion', '--words', '--', ...words], { home });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n').filter((word) => word !== '');
}

describe('what is offered', () => {
  test('in place of a verb: verbs and aliases that begin so', async () => {
    const home = temporaryFolder();
    expect(await offered(home, 'res')).toEqual(['restart', 'resume', 'reset', 'resurrect']);
    expect(await offered(home, 'l')).toEqual(['logs', 'list', 'ls', 'l', 'login']);
    expect(await offered(home, '--json', 'val')).toEqual(['validate']);
    expect(await offered(home, 'help', 'val')).toEqual(['validate']);
    expect(await offered(home, '--v')).toEqual(['--version']);
    const all = await offered(home, '');
    for (const { name, aliases } of VERBS) expect(all).toEqual(expect.arrayContaining([name, ...aliases]));
  });

  test('in place of a target: the agents that the daemon has, all, and their namespaces, without those that stand there', async () => {
    const home = await homeWithAgents();
    const namespaces = ['namespace:day', 'namespace:default', 'namespace:night'];
    expect(await offered(home, 'stop', '')).toEqual(['reviewer', 'reporter', 'triage', 'all', ...namespaces]);
    expect(await offered(home, 'stop', 'name')).toEqual(namespaces);
    expect(await offered(home, 'stop', 'namespace:n')).toEqual(['namespace:night']);
    expect(await offered(home, 'stop', 'namespace:night', 'namespace:d')).toEqual(namespaces.slice(0, 2));
    expect(await offered(home, 'stop', 're')).toEqual(['reviewer', 'reporter']);
    expect(await offered(home, 'rm', 'reviewer', 're')).toEqual(['reporter']);
    expect(await offered(home, 'start', 'tri')).toEqual(['triage', ':files']);
  });

  test('where one name is taken: agents, once', async () => {
    const home = await homeWithAgents();
    expect(await offered(home, 'logs', 't')).toEqual(['triage']);
    expect(await offered(home, 'logs', 'n')).toEqual([]);
    expect(await offered(home, 'logs', '--lines', '3', 't')).toEqual(['triage']);
    expect(await offered(home, 'logs', 'triage', '')).toEqual([]);
    expect(await offered(home, 'send', 'triage', '')).toEqual([]);
  });

  test('in place of an option: those of the verb and those of every verb', async () => {
    const home = temporaryFolder();
    expect(await offered(home, 'restart', 'a', '--')).toEqual(['--now', '--reason', '--json', '--help']);
    expect(await offered(home, 'ls', '-')).toEqual(['--wide', '--json', '--help']);
    expect(await offered(home, 'apply', '--d')).toEqual(['--dry-run']);
  });

  test.each([
    [
      ['wait', 'a', '--for', ''],
      ['healthy', 'up', 'down'],
    ],
    [['restart', 'a', '--reason', ''], []],
    [['init', '--cwd', ''], [':files']],
    [['daemon', 're'], ['restart']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['apply', ''], [':files']],
    [['ping', ''], []],
    [['frobnicate', ''], []],
  ])('behind %j is what can stand there', async (words, expected) => {
    expect(await offered(temporaryFolder(), ...words)).toEqual(expected);
  });

  test('every verb that names agents or files in its usage completes them', async () => {
    const home = await homeWithAgents();
    for (const { name, load } of VERBS) {
      const { usage } = await load();
      const words = await offered(home, name, '');
      expect([name, words.includes('triage')]).toEqual([name, /^\[?(NAME|TARGET|FILE \| TARGET)/.test(usage)]);
      expect([name, words.includes(':files')]).toEqual([name, /^\[?(FILE|ECOSYSTEM)/.test(usage)]);
    }
  });

  test('without a daemon are the agents that have run, and nothing is made or said', async () => {
    const home = temporaryFolder();
    mkdirSync(join(home, 'agents/ada'), { recursive: true });
    mkdirSync(join(home, 'agents/.hidden'));
    expect(await offered(home, 'stop', '')).toEqual(['ada', 'all']);
    expect(await offered(join(home, 'nowhere'), 'stop', 'a')).toEqual(['all']);
  });

  test('with a daemon that says nothing comes soon all the same', async () => {
    const home = temporaryFolder();
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(join(home, 'daemon.sock'), resolve));
    onTestFinished(() => void silent.close());
    mkdirSync(join(home, 'agents/ada'), { recursive: true });
    expect(await offered(home, 'stop', 'ad')).toEqual(['ada']);
  });

  test('can be had as JSON', async () => {
    const { stdout } = await runCli(['completion', '--words', '--json', '--', 'val'], { home: temporaryFolder() });
    expect(JSON.parse(stdout)).toEqual(['validate']);
  });
});

describe('the script', () => {
  test.each(['bash', 'zsh', 'fish'])('for %s is printed, or handed over as JSON', async (shell) => {
    const home = temporaryFolder();
    const { code, stdout } = await runCli(['completion', shell], { home });
    expect(code).toBe(0);
    expect(stdout).toContain('agentvisor completion --words --');
    expect(JSON.parse((await runCli(['completion', shell, '--json'], { home })).stdout)).toEqual({
      shell,
      script: stdout.trimEnd(),
    });
  });
});
