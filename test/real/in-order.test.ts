import { describe, expect, test } from 'vitest';
import { realBox } from './agents.ts';
import { realClaudes } from './claude.ts';

for (const { version, bin, missing } of realClaudes()) {
  describe.skipIf(missing !== null)(`Claude Code ${version}${missing === null ? '' : ` (${missing})`}`, () => {
    test('two messages sent while a turn runs are two turns with two answers, in order', async () => {
      const script = { faults: [{ when: { contains: 'long work' }, do: { delayMs: 1_000 } }] };
      const fleet = await realBox(bin, ['ada'], script);
      await fleet.ok('send', 'ada', 'long work');
      await fleet.api.waitForRequest(({ texts }) => texts.at(-1) === 'long work');
      const second = fleet.ok('send', 'ada', 'second', '--wait');
      await fleet.until('ada', ({ queued }) => queued === 1);
      const third = fleet.ok('send', 'ada', 'third', '--wait');
      expect(await second).toBe('answer to: second\n');
      expect(await third).toBe('answer to: third\n');
      const asked = fleet.api.requests.filter(({ kind }) => kind === 'main').map(({ texts }) => texts.at(-1));
      expect(asked).toEqual(['long work', 'second', 'third']);
    });
  });
}
