import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { realBox, type RealBox } from './agents.ts';
import { realClaudes } from './claude.ts';

/** What the API was shown by the last request of an agent. */
const lastShown = (fleet: RealBox): readonly string[] =>
  fleet.api.requests.findLast(({ kind }) => kind === 'main')?.texts ?? [];

const transcript = (fleet: RealBox): string =>
  readdirSync(fleet.userHome, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => readFileSync(join(fleet.userHome, name), 'utf8'))
    .join('');

/**
 * The agent's process is killed as the machine would kill it, once Claude Code has the answer on the disk (2.1.195 takes
 * its time), and the next one has come up.
 */
async function killedAndBack(fleet: RealBox, answer: string): Promise<void> {
  while (!transcript(fleet).includes(answer)) await fleet.ok('ping');
  const { pid, run } = await fleet.row('ada');
  process.kill(pid ?? 0, 'SIGKILL');
  await fleet.until('ada', (row) => row.run !== run && row.state === 'running');
}

for (const { version, bin, missing } of realClaudes()) {
  describe.skipIf(missing !== null)(`Claude Code ${version}${missing === null ? '' : ` (${missing})`}`, () => {
    test('a hard kill long after a recovery does not bring the failed question back, nor lose what came since', async () => {
      const fleet = await realBox(bin, ['ada'], {}, { restart: { delayMin: '10ms' } });
      await fleet.ok('send', 'ada', 'one', '--wait');
      fleet.api.latch((await fleet.row('ada')).pid ?? 0);
      await fleet.ok('send', 'ada', 'two', '--wait');
      await fleet.ok('send', 'ada', 'three', '--wait');
      await killedAndBack(fleet, 'answer to: three');
      await fleet.ok('send', 'ada', 'four', '--wait');
      expect(lastShown(fleet)).toEqual(['one', 'two', 'three', 'four']);
    });

    test.each([
      ['restart', 'ada'],
      ['restart', 'ada', '--now'],
    ])('a turn that %s cut short is not found again after a hard kill', async (...verb) => {
      const script = { faults: [{ when: { contains: 'slow', process: 1 }, do: { delayMs: 30_000 } }] };
      const fleet = await realBox(bin, ['ada'], script, { restart: { delayMin: '10ms' } });
      await fleet.ok('send', 'ada', 'one', '--wait');
      const slow = fleet.ok('send', 'ada', 'slow two', '--wait');
      await fleet.api.waitForRequest(({ texts }) => texts.at(-1) === 'slow two');
      await fleet.ok(...verb);
      expect(await slow).toBe('answer to: slow two\n');
      await fleet.ok('send', 'ada', 'three', '--wait');
      await killedAndBack(fleet, 'answer to: three');
      await fleet.ok('send', 'ada', 'four', '--wait');
      expect(lastShown(fleet)).toEqual(['one', 'slow two', 'three', 'four']);
    });

    test('what Claude Code deals with by itself, without a word to the API, is answered too, and the next message follows', async () => {
      const fleet = await realBox(bin, ['ada']);
      const asked = ['/help', '/no-such-command x', '/compact', '/'].map((text) =>
        fleet.ok('send', 'ada', text, '--wait'),
      );
      await Promise.all(asked);
      expect(await fleet.ok('send', 'ada', 'hello', '--wait')).toBe('answer to: hello\n');
    });
  });
}
