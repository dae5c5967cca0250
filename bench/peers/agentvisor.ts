import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readStat } from '../../src/home/proc-stat.ts';
import { endAll, isAlive, treeOf } from '../processes.ts';
import { plainEnv, run, type Command } from '../run.ts';
import type { Peer, Program } from './peer.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** Looks like a setup token, and is none. */
const TOKEN = `sk-ant-oat01-${'b3nch'.repeat(19)}`;

/** Five crashes in ten minutes are usually enough for a pause of half an hour. */
const AT_ONCE = { restart: { delayMin: 0, crashesMax: 1_000_000 } };

/** Where the daemon listens, for who talks to it without the command line. */
export const homeIn = (folder: string): string => join(folder, 'home');

/** @param agent options of every agent that are not the defaults */
export const agentvisor = (version: string, agent: Record<string, unknown> = {}): Peer => ({
  name: 'agentvisor',
  version: `agentvisor ${version}`,
  open(folder, programs) {
    const home = homeIn(folder);
    const file = join(folder, 'ecosystem.json');
    writeFileSync(file, JSON.stringify(ecosystem(folder, programs, agent)));
    const command = (...args: string[]): Command => ({
      argv: [process.execPath, MAIN, ...args],
      env: { ...plainEnv(folder), AGENTVISOR_HOME: home, BENCH_TOKEN: TOKEN },
      cwd: folder,
    });
    const daemon = (): number => (JSON.parse(readFileSync(join(home, 'daemon.json'), 'utf8')) as { pid: number }).pid;
    return {
      begin: () => run(command('resurrect')).then(() => undefined),
      start: command('start', file),
      list: command('list', '--json'),
      restart: (name) => command('restart', name),
      log: (name) => join(home, 'agents', name, 'runs'),
      // Its keeper; the shims are the daemon's children, and after its death nobody's.
      top: () => readStat(daemon())?.parent ?? daemon(),
      daemon,
      end: async () => {
        const left = existsSync(join(home, 'daemon.json')) ? treeOf(daemon()) : [];
        await run(command('kill'));
        await endAll(left.filter(isAlive));
      },
    };
  },
});

/** What has been printed in all runs so far, oldest first. */
export const stdoutFiles = (runs: string): readonly string[] =>
  readdirSync(runs)
    .toSorted()
    .map((each) => join(runs, each, 'stdout.ndjson'));

function ecosystem(folder: string, programs: readonly Program[], agent: Record<string, unknown>): object {
  return {
    credentials: { max: { type: 'oauth-token', from: { env: 'BENCH_TOKEN' } } },
    defaults: agent,
    agents: programs.map(({ name, argv, mode = 'command', restartsAtOnce = false }) => {
      // Agents of one folder would be one project to Claude Code.
      const cwd = join(folder, 'work', name);
      mkdirSync(cwd, { recursive: true });
      return mode === 'command'
        ? { name, mode, cwd, command: argv, ...(restartsAtOnce ? AT_ONCE : {}) }
        : { name, mode, cwd, credential: 'max', claude: { bin: argv[0], args: argv.slice(1) } };
    }),
  };
}
