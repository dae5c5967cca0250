import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endAll, treeOf } from '../processes.ts';
import { plainEnv, type Command } from '../run.ts';
import type { Peer, Program, Sought } from './peer.ts';
import { until } from '../until.ts';

export function findSupervisord(): Sought {
  const { status, stdout } = spawnSync('supervisord', ['--version'], { encoding: 'utf8' });
  if (status !== 0) return { missing: 'supervisord (apt-get install supervisor)' };
  return { peer: supervisord(stdout.trim()) };
}

const supervisord = (version: string): Peer => ({
  name: 'supervisord',
  version: `supervisord ${version}`,
  open(folder, programs) {
    const file = join(folder, 'supervisord.conf');
    const log = (name: string): string => join(folder, `${name}.log`);
    writeFileSync(file, config(folder, programs, log));
    const command = (...args: string[]): Command => ({
      argv: ['supervisorctl', '-c', file, ...args],
      env: plainEnv(folder),
      cwd: folder,
    });
    let child: ChildProcess | null = null;
    const top = (): number => child?.pid ?? 0;
    return {
      begin: async () => {
        child = spawn('supervisord', ['-n', '-c', file], { env: plainEnv(folder), cwd: folder, stdio: 'ignore' });
        await until('supervisord answers', () => spawnSync('supervisorctl', ['-c', file, 'pid']).status === 0);
      },
      start: command('start', 'all'),
      list: command('status'),
      restart: (name) => command('restart', name),
      log,
      top,
      daemon: top,
      end: () => endAll(treeOf(top())),
    };
  },
});

/** `startsecs=0`: who has been started counts as started, so that `start` waits for nobody's first second. */
const config = (folder: string, programs: readonly Program[], log: (name: string) => string): string =>
  [
    `[supervisord]\nlogfile=${folder}/supervisord.log\npidfile=${folder}/supervisord.pid\nnodaemon=true`,
    `[unix_http_server]\nfile=${folder}/s.sock`,
    `[supervisorctl]\nserverurl=unix://${folder}/s.sock`,
    '[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface',
    ...programs.map(
      ({ name, argv }) =>
        `[program:${name}]\ncommand=${argv.join(' ')}\nautostart=false\nautorestart=true\nstartsecs=0\n` +
        `stdout_logfile=${log(name)}\nstdout_logfile_maxbytes=0\nstderr_logfile=${log(name)}.err`,
    ),
  ].join('\n\n') + '\n';
