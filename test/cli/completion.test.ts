import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { VERBS } from '../../src/cli/verbs.ts';
import { fakeDaemon } from './fake-daemon.ts';
import { temporaryFolder } from './folder.ts';
import { agentRow } from './rows.ts';
import { MAIN, runCli } from './run-cli.ts';

const AGENTS = [agentRow(), agentRow({ name: 'reporter' }), agentRow({ name: 'triage' })];

async function homeWithAgents(): Promise<string> {
  const home = temporaryFolder();
  await fakeDaemon(home, (method) => (method === 'list' ? AGENTS : undefined));
  return home;
}

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

  test('in place of a target: the agents that the daemon has, and all, without those that stand there', async () => {
    const home = await homeWithAgents();
    expect(await offered(home, 'stop', '')).toEqual(['reviewer', 'reporter', 'triage', 'all']);
    expect(await offered(home, 'stop', 're')).toEqual(['reviewer', 'reporter']);
    expect(await offered(home, 'rm', 'reviewer', 're')).toEqual(['reporter']);
    expect(await offered(home, 'start', 'tri')).toEqual(['triage', ':files']);
  });

  test('where one name is taken: agents, once', async () => {
    const home = await homeWithAgents();
    expect(await offered(home, 'logs', 't')).toEqual(['triage']);
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
      expect([name, words.includes(':files')]).toEqual([name, /^\[?FILE/.test(usage)]);
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

/** Puts `agentvisor` on a PATH, and gives the environment of a shell that finds it there. */
function shellEnvironment(home: string): Record<string, string> {
  const bin = temporaryFolder();
  writeFileSync(join(bin, 'agentvisor'), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
  chmodSync(join(bin, 'agentvisor'), 0o755);
  return { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: home, AGENTVISOR_HOME: home };
}

/** Runs a shell to its end, beside the fake daemon of this process. */
function runShell(shell: string, script: string, home: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(shell, ['-c', script], { env: shellEnvironment(home), cwd: home });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.on('error', reject);
    child.on('close', () => resolve(said));
  });
}

/** Types all of it at a bash of its own, which reads `rc`; gives what was on the screen. */
function atPrompt(home: string, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const bash = `bash --rcfile '${join(home, 'rc')}' -i`;
    const env = { ...shellEnvironment(home), TERM: 'dumb' };
    const child = spawn('script', ['-qec', bash, '/dev/null'], { env, cwd: home });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.on('error', reject);
    child.on('close', () => resolve(said));
    child.stdin.end(lines.join(''));
  });
}

/** A program that gives another one a terminal, as util-linux has it. */
const HAS_TERMINAL = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0;

const isInstalled = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;

describe('the script', () => {
  /** Presses TAB in bash as bash does it: the function that is registered for the command, with the line's words. */
  const tab = (home: string, ...words: string[]): Promise<string> => {
    const line = ['agentvisor', ...words].map((word) => `'${word}'`).join(' ');
    return runShell(
      'bash',
      `source <(agentvisor completion bash)
       registered=$(complete -p agentvisor)
       COMP_WORDS=(${line}); COMP_CWORD=${words.length}
       "$(sed -E 's/.*-F ([^ ]+).*/\\1/' <<< "$registered")" agentvisor
       echo "\${COMPREPLY[*]}"`,
      home,
    );
  };

  test.skipIf(!isInstalled('bash'))('for bash completes verbs, options and the names of the agents', async () => {
    const home = await homeWithAgents();
    expect(await tab(home, 'res')).toBe('restart resume reset resurrect\n');
    expect(await tab(home, 'restart', 're')).toBe('reviewer reporter\n');
    expect(await tab(home, 'restart', '--n')).toBe('--now\n');
    expect(await tab(home, 'frobnicate', '')).toBe('\n');
  });

  test.skipIf(!HAS_TERMINAL)('for bash answers TAB at a prompt, with files where files may stand', async () => {
    const home = await homeWithAgents();
    writeFileSync(join(home, 'zoo.ts'), '');
    const rc = 'source <(command agentvisor completion bash); agentvisor() { echo "typed: $*"; }; PS1="> "';
    writeFileSync(join(home, 'rc'), rc);
    const said = await atPrompt(home, ['agentvisor resu\tm\tre\tv\t\r', 'agentvisor start zo\t\r', 'exit\r']);
    expect(said).toContain('typed: resume reviewer\r\n');
    expect(said).toContain('typed: start zoo.ts\r\n');
  });

  test.skipIf(!isInstalled('zsh'))('for zsh is accepted and registered', async () => {
    const home = await homeWithAgents();
    const script =
      'autoload -Uz compinit && compinit -D; source <(agentvisor completion zsh); echo $_comps[agentvisor]';
    expect(await runShell('zsh', script, home)).toBe('_agentvisor\n');
  });

  test.skipIf(!isInstalled('fish'))('for fish completes verbs and the names of the agents', async () => {
    const home = await homeWithAgents();
    const complete = (line: string): Promise<string> =>
      runShell('fish', `agentvisor completion fish | source; complete -C '${line}'`, home);
    expect(await complete('agentvisor resu')).toBe('resume\nresurrect\n');
    expect(await complete('agentvisor restart tri')).toBe('triage\n');
  });

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
