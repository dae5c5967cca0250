import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endAll, treeOf } from '../processes.ts';
import { plainEnv, type Command } from '../run.ts';
import { until } from '../until.ts';
import type { Peer } from './peer.ts';

const SUPERVISOR = fileURLToPath(new URL('../floor/supervisor.mjs', import.meta.url));
const CLIENT = fileURLToPath(new URL('../floor/client.mjs', import.meta.url));

/** The supervisor of a hundred lines. */
export const floor: Peer = {
  name: 'Node floor',
  version: '',
  open(folder, programs) {
    const file = join(folder, 'programs.json');
    const socket = join(folder, 's.sock');
    const log = (name: string): string => join(folder, `${name}.log`);
    const declared = programs.map(({ name, argv, mode }) => ({ name, argv, log: log(name), hears: mode === 'stream' }));
    writeFileSync(file, JSON.stringify(declared));
    const ask = (request: object): Command => ({
      argv: [process.execPath, CLIENT, socket, JSON.stringify(request)],
      env: plainEnv(folder),
      cwd: folder,
    });
    let child: ChildProcess | null = null;
    const top = (): number => child?.pid ?? 0;
    return {
      begin: async () => {
        const options = { env: plainEnv(folder), cwd: folder, stdio: 'ignore' } as const;
        child = spawn(process.execPath, [SUPERVISOR, file, socket], options);
        await until('the floor listens', () => existsSync(socket));
      },
      start: ask({ method: 'start' }),
      list: ask({ method: 'list' }),
      restart: (name) => ask({ method: 'restart', name }),
      log,
      top,
      daemon: top,
      end: () => endAll(treeOf(top())),
    };
  },
};
