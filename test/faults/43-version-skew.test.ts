import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readOwner } from '../../src/home/owner.ts';
import { PROTOCOL } from '../../src/protocol/api.ts';
import { VERSION } from '../../src/protocol/version.ts';
import { bearersUnder, TOKEN, type Box } from '../box.ts';
import { MAIN, type CliResult } from '../cli/run-cli.ts';
import { standInBox } from '../daemon/stand-in-box.ts';
import { expectsPassRule } from './pass-rule.ts';

/** Fault 43: two versions meet, as during an upgrade. Both are this build; one says that it is another version. */

const LONG = { timeout: 120_000 };
const NAMES = ['ada', 'bob', 'cyd'];

test(
  'client and daemon of different protocols: exit code 8 with what to do, both ways; daemon restart replaces it, agents keep running',
  LONG,
  async () => {
    const fleet = standInBox(['ada']);
    const old = build(fleet, '0.0.9', PROTOCOL - 1);
    expect(await old('start')).toMatchObject({ code: 0 });
    const [before] = JSON.parse((await old('list', '--json')).stdout) as readonly { pid: number }[];
    for (const verb of [['list'], ['send', 'ada', 'hello'], ['start']]) {
      const { code, stderr } = await fleet.av(...verb);
      expect({ verb, code }).toEqual({ verb, code: 8 });
      expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(/0\.0\.9.*agentvisor daemon restart/);
    }
    await fleet.ok('daemon', 'restart');
    expect(readOwner(fleet.home)).toMatchObject({ version: VERSION, protocol: PROTOCOL });
    const late = await old('list');
    expect(late.code).toBe(8);
    expect(late.stderr.replaceAll(/\s+/g, ' ')).toContain(VERSION);
    expect(await fleet.row('ada')).toMatchObject({ pid: before?.pid, restarts: 0, adopted: true });
    // Back to the old one, as when an upgrade was a mistake.
    expect(await old('daemon', 'restart')).toMatchObject({ code: 0 });
    expect(readOwner(fleet.home)).toMatchObject({ version: '0.0.9' });
    await fleet.ok('daemon', 'restart');
  },
);

test(
  'daemon restart swaps versions under agents at work: no pid changes, each message is answered once',
  LONG,
  async () => {
    const fleet = standInBox(NAMES, { faults: [{ do: { answer: '{text}, seen {seen}' } }] });
    const next = build(fleet, '0.2.0', PROTOCOL);
    await fleet.ok('start');
    const before = await fleet.rows();
    for (const [round, restart] of [next, fleet.av, next].entries()) {
      // All of them are on their way before the daemon goes: a command that finds none would start its own.
      const taken = NAMES.map((name) => fleet.until(name, ({ inTurn, queued }) => inTurn || queued > 0));
      const answers = NAMES.map((name) => fleet.av('send', name, `round ${round}`, '--wait'));
      await Promise.all(taken);
      expect(await restart('daemon', 'restart')).toMatchObject({ code: 0 });
      for (const answer of answers) expect(await answer).toMatchObject({ code: 0, stdout: `round ${round}, seen 1\n` });
    }
    expect(readOwner(fleet.home)).toMatchObject({ version: '0.2.0' });
    expect((await fleet.rows()).map(({ pid, restarts, state }) => ({ pid, restarts, state }))).toEqual(
      before.map(({ pid }) => ({ pid, restarts: 0, state: 'running' })),
    );
    for (const name of NAMES) {
      // All that was ever printed is there, in whole lines, each answer once.
      const lines = fleet.stdout(name).map((line) => JSON.parse(line) as { type: string });
      expect(lines.filter(({ type }) => type === 'result')).toHaveLength(3);
      expect(bearersUnder(`${fleet.home}/agents/${name}`)).toHaveLength(2);
    }
    await expectsPassRule(fleet);
  },
);

/** The command line of a build that calls itself by another version and speaks another protocol. */
function build({ dir, home, userHome }: Box, version: string, protocol: number) {
  const folder = join(dir, `agentvisor-${version}`);
  const root = join(MAIN, '../../..');
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  change(join(folder, 'dist/protocol/version.js'), /VERSION = '[^']*'/, `VERSION = '${version}'`);
  change(join(folder, 'dist/protocol/api.js'), /PROTOCOL = \d+/, `PROTOCOL = ${protocol}`);
  return (...args: readonly string[]): Promise<CliResult> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [join(folder, 'dist/cli/main.js'), ...args], {
        cwd: dir,
        env: { PATH: process.env['PATH'], HOME: userHome, AGENTVISOR_HOME: home, TEST_TOKEN: TOKEN },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.on('close', (code) => resolve({ code, stdout, stderr }));
    });
}

function change(file: string, from: RegExp, to: string): void {
  const text = readFileSync(file, 'utf8');
  expect(text).toMatch(from);
  writeFileSync(file, text.replace(from, to));
}
