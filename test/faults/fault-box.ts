import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { box, type Box } from '../box.ts';
import { STAND_IN } from '../daemon/stand-in-box.ts';
import type { FaultScript } from '../stand-in/script.ts';

export type Told = { readonly id: string; readonly kind: string; readonly text: string };

/** Agents that are the stand-in for Claude Code, and a person who is told. */
export type FaultBox = Box & {
  /** What the person was told so far. */
  told(): readonly Told[];
  setScript(script: FaultScript): void;
  stateFile(name: string): string;
  /** The damaged files that are kept. */
  corrupt(): readonly string[];
};

export function faultBox(names: readonly string[], agent: Record<string, unknown> = {}): FaultBox {
  const own = box();
  const told = join(own.dir, 'told');
  const script = join(own.dir, 'script.json');
  const setScript = (next: FaultScript): void => writeFileSync(script, JSON.stringify(next));
  setScript({});
  own.write({
    credentials: { max: { type: 'oauth-token', from: { env: 'TEST_TOKEN' } } },
    notify: [{ command: ['sh', '-c', `cat >> ${told}`] }],
    defaults: {
      credential: 'max',
      claude: { bin: STAND_IN },
      env: { STAND_IN_SCRIPT: script, STAND_IN_SPEED: '20' },
      ...agent,
    },
    agents: names.map((name) => ({ name, cwd: `./${name}` })),
  });
  const stateFile = (name: string): string => join(own.home, 'state', name);
  return {
    ...own,
    setScript,
    stateFile,
    told: () =>
      (existsSync(told) ? readFileSync(told, 'utf8') : '')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Told),
    corrupt: () => readdirSync(join(own.home, 'state')).filter((name) => name.includes('.corrupt-')),
  };
}

/** What of the rows must be the same before and after a fault: who runs, as what, how often it was restarted. */
export const identities = (rows: Awaited<ReturnType<Box['rows']>>): unknown =>
  rows.map(({ name, state, pid, run, restarts }) => ({ name, state, pid, run, restarts }));
