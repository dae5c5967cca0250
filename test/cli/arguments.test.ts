import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generalHelp, verbHelp } from '../../src/cli/help.ts';
import { VERBS } from '../../src/cli/verbs.ts';
import { VERSION } from '../../src/protocol/version.ts';
import { temporaryFolder } from './folder.ts';
import { runCli } from './run-cli.ts';
import type { CliResult } from './run-cli.ts';
import { runInTerminal } from './run-in-terminal.ts';

const run = (...args: string[]): Promise<CliResult> => runCli(args, { home: join(temporaryFolder(), 'home') });
const oneLine = /^agentvisor: [^\n]+\n$/;

describe('help', () => {
  test('of the program names every verb, in groups', async () => {
    const { code, stdout } = await run('--help');
    expect(code).toBe(0);
    for (const { name, summary } of VERBS) expect(stdout).toContain(`  ${name.padEnd(10)}  ${summary}`);
  });

  test.each(VERBS.map((row) => [row.name, row] as const))(
    'of %s tells its summary, usage, aliases, options and examples',
    async (name, row) => {
      const { code, stdout, stderr } = await run(name, '--help');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(`${name}: ${row.summary}`);
      expect(stdout).toContain(`Usage: agentvisor ${name}`);
      for (const alias of row.aliases) expect(stdout).toContain(alias);
      const verb = await row.load();
      for (const option of ['json', 'help', ...Object.keys(verb.options)]) expect(stdout).toContain(`--${option}`);
      expect(verb.examples.length).toBeGreaterThan(0);
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    },
  );

  test.each([60, 80, 140])('fits a terminal of %i columns, of every verb, with the same words', async (columns) => {
    const pages = async (stream: { isTTY?: boolean; columns?: number }): Promise<readonly string[]> => [
      generalHelp(stream, {}),
      ...(await Promise.all(VERBS.map(async (row) => verbHelp(row, await row.load(), stream, {})))),
    ];
    const [shown, inPipe] = await Promise.all([pages({ isTTY: true, columns }), pages({})]);
    const words = (page: string): readonly string[] => page.split(/\s+/);
    expect(shown.map(words)).toEqual(inPipe.map(words));
    for (const page of shown) {
      for (const line of page.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
      // Letters that every terminal has, and no colour.
      expect(page).toMatch(/^[\n\u0020-\u007e]*$/);
    }
  });

  test('says what an example does below it when there is no room beside it', async () => {
    const { screen } = await runInTerminal(60, ['restart', '--help'], { home: join(temporaryFolder(), 'home') });
    expect(screen).toContain(
      '\n  agentvisor restart reviewer\n      interrupts the turn and goes on with it\n  agentvisor restart all',
    );
    const wide = await runInTerminal(80, ['restart', '--help'], { home: join(temporaryFolder(), 'home') });
    expect(wide.screen).toContain('\n  agentvisor restart reviewer         interrupts the turn and goes on with it\n');
  });

  test('can be asked for in front, with a word, or for an alias', async () => {
    const { stdout } = await run('stop', '--help');
    expect((await run('help', 'stop')).stdout).toBe(stdout);
    expect((await run('-h', 'stop')).stdout).toBe(stdout);
    expect((await run('ls', '-h')).stdout).toBe((await run('list', '-h')).stdout);
    expect((await run('help')).stdout).toBe((await run('--help')).stdout);
  });

  test('is shown, as an error, to who says nothing', async () => {
    const { code, stdout, stderr } = await run();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: agentvisor VERB');
  });
});

describe('the version', () => {
  test('is that of the package', () => {
    const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(manifest).toMatchObject({ version: VERSION });
  });

  test('is printed by -v, --version and the verb', async () => {
    for (const word of ['-v', '--version', 'version'])
      expect(await run(word)).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
    expect(JSON.parse((await run('version', '--json')).stdout)).toMatchObject({ version: VERSION });
  });
});

describe('a wrong command line ends with 2, one clear line, and nothing changed:', () => {
  test.each([
    ['a slip in a verb', ['lst'], 'There is no verb "lst". Did you mean: agentvisor list'],
    ['a word that is like none', ['frobnicate'], 'See them all: agentvisor --help'],
    ['the name of a property', ['toString'], 'There is no verb "toString".'],
    ['a slip in an option', ['restart', 'a', '--nwo'], 'restart has no option "--nwo". Did you mean: --now'],
    ['an option of another verb', ['list', '--raw'], 'list has no option "--raw".'],
    ['an option without a verb', ['--frob'], 'There is no option --frob without a verb.'],
    ['an option without its value', ['restart', 'a', '--reason'], 'The option --reason of restart needs a value.'],
    [
      'a value for an option that takes none',
      ['restart', 'a', '--now=yes'],
      'The option --now of restart takes no value.',
    ],
    ['a missing target', ['stop'], 'stop needs a TARGET. Usage: agentvisor stop TARGET...'],
    ['a missing text', ['send', 'a'], 'send needs the NAME of an agent and a TEXT'],
    ['a text without quotes', ['send', 'a', 'two', 'words'], 'a text of several words needs quotes'],
    ['an empty text', ['send', 'a', ''], 'The message is empty.'],
    ['an empty stdin', ['send', 'a', '-'], 'The message is empty.'],
    ['a word too much', ['ping', 'a'], 'ping does not know what to do with "a". Usage: agentvisor ping'],
    ['a daemon that is to be started', ['daemon', 'start'], 'restart also starts one where none runs'],
    [
      'agents that daemon stop leaves alone',
      ['daemon', 'stop', '--with-agents'],
      'To stop agents and daemon: agentvisor kill',
    ],
    ['a state that is none', ['wait', 'a', '--for', 'happy'], '--for expects healthy, up, down, not "happy".'],
    [
      'a time without a unit',
      ['wait', 'a', '--timeout', '60'],
      '--timeout expects a duration such as 500ms, 30s or 5m, not "60".',
    ],
    ['a number that is none', ['logs', 'a', '--lines', '1.5'], '--lines expects a whole number above zero, not "1.5".'],
    ['a pattern that is broken', ['logs', 'a', '--grep', '/(/'], '--grep expects a text or a /regular expression/'],
    ['a pattern of nothing', ['logs', 'a', '--grep', ''], '--grep expects a text or a /regular expression/, not "".'],
    ['a time that is none', ['logs', 'a', '--since', 'yesterday'], '--since expects how long ago (30s, 10m, 2h) or'],
    ['a day that is none', ['logs', 'a', '--until', '2026-02-30'], '--until expects how long ago'],
    ['an hour that is none', ['logs', 'a', '--since', '2026-02-20T24:00'], 'not "2026-02-20T24:00".'],
    ['an end of what goes on', ['logs', 'a', '-f', '--until', '1m'], 'Leave out -f or --until.'],
    ['a time that ends before it begins', ['logs', 'a', '--since', '1m', '--until', '2m'], '--since is later than'],
    ['a thing that a daemon cannot do', ['daemon', 'dance'], 'It can: status, stop, restart, run'],
    ['a file that is missing', ['start', './nowhere.ts'], 'nowhere.ts: there is no such file'],
    ['a file that apply was not given', ['apply'], 'apply needs a FILE. Usage: agentvisor apply FILE'],
    ['a second file', ['apply', './a.ts', './b.ts'], 'apply does not know what to do with "./b.ts"'],
    ['a slip in a new option', ['apply', './a.ts', '--dryrun'], 'Did you mean: --dry-run'],
    ['a missing agent to leave alone', ['pause'], 'pause needs a TARGET.'],
    ['an interruption of a reload', ['reload', 'a', '--now'], 'reload has no option "--now".'],
    ['a word behind incidents', ['incidents', 'ada'], 'incidents does not know what to do with "ada"'],
    ['a word behind save', ['save', 'ada'], 'save does not know what to do with "ada"'],
    ['a word behind resurrect', ['resurrect', 'ada'], 'resurrect does not know what to do with "ada"'],
    ['a slip in jlist', ['jlst'], 'Did you mean: agentvisor jlist'],
    ['an option that flush has not', ['flush', '--all'], 'flush has no option "--all".'],
    ['a slip in a shell', ['completion', 'bsh'], 'Did you mean: agentvisor completion bash'],
    ['a shell that is not known', ['completion', 'powershell'], 'It can: bash, zsh, fish'],
    ['no shell', ['completion'], 'completion needs a shell. Usage: agentvisor completion bash|zsh|fish'],
    ['two shells', ['completion', 'bash', 'zsh'], 'completion does not know what to do with "zsh"'],
    ['a file among targets', ['start', './a.ts', 'b'], 'A file and targets cannot be started together.'],
    ['no file where one is looked for', ['start'], 'There is no ecosystem file in '],
  ])('%s', async (_, args, said) => {
    const folder = temporaryFolder();
    const home = join(folder, 'home');
    const { code, stdout, stderr } = await runCli(args, { home, cwd: folder });
    expect(stderr).toContain(said);
    expect(stderr).toMatch(oneLine);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(existsSync(home)).toBe(false);
  });

  test('a control character in a word does not reach the terminal', async () => {
    const { stderr } = await run('\u001b]0;owned\u0007');
    expect(stderr).not.toContain('\u001b');
    expect(stderr).not.toContain('\u0007');
  });
});

describe('validate', () => {
  const files = {
    'ecosystem.json': JSON.stringify({ agents: [{ name: 'a', mode: 'command', command: ['sleep', '1'] }] }),
    'broken.json': JSON.stringify({ agents: [{ name: 'a', mode: 'command' }, { nam: 'b' }] }),
  };

  function folder(): string {
    const made = temporaryFolder();
    mkdirSync(join(made, 'home'), { mode: 0o700 });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text);
    return made;
  }

  test('says that a good file is good, found or named, and starts no daemon', async () => {
    const cwd = folder();
    for (const args of [['validate'], ['validate', 'ecosystem.json']]) {
      expect(await runCli(args, { home: join(cwd, 'home'), cwd })).toMatchObject({
        code: 0,
        stdout: `${join(cwd, 'ecosystem.json')}: 1 agent, no problems\n`,
      });
    }
    expect(existsSync(join(cwd, 'home/daemon.log'))).toBe(false);
  });

  test('shows all mistakes at once, each with file and key, and ends with 2', async () => {
    const cwd = folder();
    const { code, stdout } = await runCli(['validate', './broken.json'], { home: join(cwd, 'home'), cwd });
    expect(code).toBe(2);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(3);
    for (const line of lines) expect(line).toContain(`${join(cwd, 'broken.json')}: agents[`);
  });

  test('with --json prints one object, good or bad', async () => {
    const cwd = folder();
    const good = await runCli(['validate', '--json'], { home: join(cwd, 'home'), cwd });
    expect(JSON.parse(good.stdout)).toMatchObject({ ok: true, agents: ['a'], problems: [] });
    const bad = await runCli(['validate', 'broken.json', '--json'], { home: join(cwd, 'home'), cwd });
    expect(bad.code).toBe(2);
    expect(JSON.parse(bad.stdout)).toMatchObject({
      ok: false,
      problems: expect.arrayContaining([expect.objectContaining({ path: expect.stringContaining('agents[') })]),
    });
  });
});
