import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { emptyBox, startReal, type RealBox } from './agents.ts';
import { realClaudes } from './claude.ts';
import { askAll, QUIET, tokenFile } from './seen.ts';

const NAMES = ['ada', 'bob', 'cyn', 'dan', 'eve'];
/** Longer than the longest quiet, and than a daemon takes to hand a notice over. */
const HELD_MS = 4_000;

/** Each notice that the command was given is a file of its own: none can hide in another. */
const noticesOf = (fleet: RealBox): readonly string[] =>
  readdirSync(fleet.dir)
    .filter((name) => name.startsWith('notice.'))
    .map((name) => readFileSync(join(fleet.dir, name), 'utf8'));

for (const { version, bin, missing } of realClaudes()) {
  describe.skipIf(missing !== null)(`Claude Code ${version}${missing === null ? '' : ` (${missing})`}`, () => {
    test('a dead token under five agents is told to a person once, with all who wait for it and without the token itself', async () => {
      const fleet = await emptyBox();
      await startReal(fleet, bin, {
        credentials: { max: tokenFile(fleet, 'token', 'AAAA') },
        notify: [{ command: ['sh', '-c', 'cat > "$0.$$"', join(fleet.dir, 'notice')] }],
        defaults: { credential: 'max', ...QUIET },
        agents: NAMES.map((name) => ({ name })),
      });
      await askAll(fleet, NAMES, 'first');
      expect(noticesOf(fleet)).toEqual([]);
      fleet.api.setScript({ faults: [{ when: { token: 'AAAA' }, do: { api: '403revoked' } }] });
      const questions = askAll(fleet, NAMES, 'question');
      await Promise.all(NAMES.map((name) => fleet.until(name, ({ health }) => health === 'held')));
      await sleep(HELD_MS);
      const notices = noticesOf(fleet);
      tokenFile(fleet, 'token', 'BBBB');
      await questions;
      expect(notices).toHaveLength(1);
      for (const name of NAMES) expect(notices[0]).toContain(name);
      expect(notices[0]).not.toContain('AAAA');
    });
  });
}
