import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { endAll, treeOf } from '../processes.ts';
import { plainEnv, run, type Command } from '../run.ts';
import type { Peer, Program, Sought } from './peer.ts';

const VERSION = '7.0.4';
/** Any: it only keeps pm2 from giving up on who ends often. */
const RESTARTS_MAX = 1_000_000;

/** Installed from npm into a cache of its own, outside of the clone and of its package.json. */
export function findPm2(): Sought {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const prefix = join(cache, 'agentvisor-bench', `pm2-${VERSION}`);
  const bin = join(prefix, 'node_modules/pm2/bin/pm2');
  if (!existsSync(bin)) {
    // npm makes the folder; what it cannot do is seen by what is not there.
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--silent'];
    spawnSync('npm', ['install', '--prefix', prefix, ...flags, `pm2@${VERSION}`], { stdio: 'ignore' });
  }
  return existsSync(bin) ? { peer: pm2(bin) } : { missing: `pm2 (npm could not install pm2@${VERSION})` };
}

const pm2 = (bin: string): Peer => ({
  name: 'pm2',
  version: `pm2 ${VERSION}`,
  open(folder, programs) {
    const home = join(folder, 'pm2');
    const file = join(folder, 'ecosystem.config.json');
    const log = (name: string): string => join(folder, `${name}.log`);
    writeFileSync(file, JSON.stringify({ apps: programs.map((program) => app(program, log(program.name))) }));
    const command = (...args: string[]): Command => ({
      argv: [process.execPath, bin, ...args],
      env: { ...plainEnv(folder), PM2_HOME: home },
      cwd: folder,
    });
    const daemon = (): number => Number(readFileSync(join(home, 'pm2.pid'), 'utf8'));
    return {
      begin: () => run(command('ping')).then(() => undefined),
      start: command('start', file),
      list: command('jlist'),
      restart: (name) => command('restart', name),
      log,
      top: daemon,
      daemon,
      end: () => (existsSync(join(home, 'pm2.pid')) ? endAll(treeOf(daemon())) : Promise.resolve()),
    };
  },
});

const app = ({ name, argv: [script, ...args] }: Program, log: string): object => ({
  name,
  script,
  args,
  interpreter: 'none',
  out_file: log,
  error_file: `${log}.err`,
  restart_delay: 0,
  max_restarts: RESTARTS_MAX,
});
