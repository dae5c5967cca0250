import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endAll, treeOf } from '../processes.ts';
import { plainEnv, type Command } from '../run.ts';
import type { Peer, Program, Sought } from './peer.ts';

/** s6's programs have no option that tells their version; Debian does. */
export function findS6(): Sought {
  if (spawnSync('s6-svscan', ['-h']).error !== undefined) return { missing: 's6 (apt-get install s6)' };
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Version}', 's6'], { encoding: 'utf8' });
  return { peer: s6(stdout.trim()) };
}

const s6 = (version: string): Peer => ({
  name: 's6',
  version: `s6 ${version}`.trim(),
  open(folder, programs) {
    const services = join(folder, 'services');
    const scan = join(folder, 'scan');
    const log = (name: string): string => join(folder, `${name}.log`);
    mkdirSync(scan);
    for (const program of programs) declare(join(services, program.name), program, log(program.name));
    const sh = (text: string): Command => ({ argv: ['sh', '-c', text], env: plainEnv(folder), cwd: folder });
    let child: ChildProcess | null = null;
    const top = (): number => child?.pid ?? 0;
    return {
      begin: async () => {
        // More than its usual 500 services, and no word on stderr for each.
        child = spawn('s6-svscan', [scan], { env: plainEnv(folder), cwd: folder, stdio: 'ignore' });
        await new Promise((spawned) => child?.once('spawn', spawned));
      },
      start: sh(`ln -s ${services}/* ${scan}/ && until s6-svscanctl -a ${scan}; do sleep 0.01; done`),
      list: sh(`for each in ${scan}/*; do s6-svstat "$each"; done`),
      restart: (name) => ({ argv: ['s6-svc', '-t', join(scan, name)], env: plainEnv(folder), cwd: folder }),
      log,
      top,
      daemon: top,
      end: () => endAll(treeOf(top())),
    };
  },
});

function declare(folder: string, { argv }: Program, log: string): void {
  mkdirSync(folder, { recursive: true });
  const run = join(folder, 'run');
  writeFileSync(run, `#!/bin/sh\nexec ${argv.join(' ')} >>${log}\n`);
  chmodSync(run, 0o755);
}
