import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STAND_IN, standInBox, type StandInBox } from '../../daemon/stand-in-box.ts';
import { WRITER } from '../streams.ts';

/** They share a credential, and answer. */
export const TALKERS = ['ada', 'bob', 'cyd'] as const;
/** Its messages do not fit into a pipe in one piece. */
export const BIG = 'dan';
/** They number their lines, as fast as asked. */
export const WRITERS = ['wes', 'zoe'] as const;

/** Of all runs everything is kept, and cut into pieces all the time. */
const LOG = { keep: 1_000, total: '2GB' };

export const token = (number: number): string => `sk-ant-oat01-${String(number).padStart(95, 'k')}`;

export const tokenFile = ({ dir }: StandInBox): string => join(dir, 'token');

export function killableFleet(): StandInBox {
  const print = { at: 'message' as const, lines: 20, bytes: 1_000 };
  const fleet = standInBox([], { faults: [{ do: { print, answer: '{text}, seen {seen}' } }] });
  writeFileSync(tokenFile(fleet), token(0), { mode: 0o600 });
  fleet.write({
    credentials: { max: { type: 'oauth-token', from: { file: './token' } } },
    defaults: {
      claude: { bin: STAND_IN },
      env: { STAND_IN_SCRIPT: join(fleet.dir, 'script.json'), STAND_IN_SPEED: '20' },
      stop: { killTimeout: '300ms', interruptTimeout: '300ms' },
    },
    agents: [
      ...TALKERS.map((name) => ({ name, cwd: `./${name}`, credential: 'max', log: { ...LOG, maxSize: '40KB' } })),
      { name: BIG, cwd: `./${BIG}`, credential: null, log: { ...LOG, maxSize: '40KB' } },
      ...WRITERS.map((name) => ({
        name,
        mode: 'command',
        command: [process.execPath, WRITER, '200', '5', '5', 'split'],
        log: { ...LOG, maxSize: '4KB' },
      })),
    ],
  });
  return fleet;
}
