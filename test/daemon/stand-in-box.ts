import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultScript } from '../stand-in/script.ts';
import { box, type Box } from '../box.ts';

export const STAND_IN = join(import.meta.dirname, '../../examples/stand-in/claude.mjs');

export type StandInBox = Box & {
  /** Changes what the stand-ins do from their next turn on. */
  setScript(script: FaultScript): void;
};

/** Agents that are the stand-in for Claude Code; not started yet. */
export function standInBox(
  names: readonly string[],
  script: FaultScript = {},
  agent: Record<string, unknown> = {},
): StandInBox {
  const own = box();
  const file = join(own.dir, 'script.json');
  const setScript = (next: FaultScript): void => writeFileSync(file, JSON.stringify(next));
  setScript(script);
  own.write({
    credentials: { max: { type: 'oauth-token', from: { env: 'TEST_TOKEN' } } },
    defaults: {
      credential: 'max',
      claude: { bin: STAND_IN },
      env: { STAND_IN_SCRIPT: file, STAND_IN_SPEED: '20' },
      ...agent,
    },
    agents: names.map((name) => ({ name, cwd: `./${name}` })),
  });
  return { ...own, setScript };
}
