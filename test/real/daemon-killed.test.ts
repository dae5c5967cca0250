import { describe, expect, test } from 'vitest';
import { realBox, type RealBox } from './agents.ts';
import { realClaudes } from './claude.ts';

/** Instants of a turn at which the daemon is killed; each is something that can be seen from outside. */
const INSTANTS: Readonly<Record<string, (fleet: RealBox, text: string) => Promise<unknown>>> = {
  'as soon as the message is accepted': async (fleet) => fleet.until('ada', ({ inTurn }) => inTurn),
  'when the API has been asked': async (fleet, text) => fleet.api.waitForRequest(({ texts }) => texts.at(-1) === text),
  'when the agent has begun to answer': async (fleet, text) => {
    await fleet.api.waitForRequest(({ texts, status }) => texts.at(-1) === text && status === 200);
  },
};

for (const { version, bin, missing } of realClaudes()) {
  describe.skipIf(missing !== null)(`Claude Code ${version}${missing === null ? '' : ` (${missing})`}`, () => {
    test('a daemon killed in a turn, again and again, costs no agent and no message', async () => {
      const script = { faults: [{ when: { contains: 'slow' }, do: { delayMs: 1_500, pieces: 10 } }] };
      const fleet = await realBox(bin, ['ada'], script);
      await fleet.ok('send', 'ada', 'good start', '--wait');
      const before = await fleet.row('ada');
      const texts = ['good start'];
      for (const [name, instant] of Object.entries(INSTANTS)) {
        const text = `slow ${name}`;
        texts.push(text);
        await fleet.ok('send', 'ada', text);
        await instant(fleet, text);
        const daemon = fleet.daemonPid();
        process.kill(daemon, 'SIGKILL');
        await revived(fleet, daemon);
        await fleet.until('ada', ({ queued, inTurn }) => queued === 0 && !inTurn);
        expect(await fleet.row('ada')).toMatchObject({
          pid: before.pid,
          state: 'running',
          health: 'healthy',
          restarts: 0,
          adopted: true,
        });
      }
      const main = fleet.api.requests.filter(({ kind }) => kind === 'main');
      expect(main.map((request) => request.texts)).toEqual(texts.map((_, index) => texts.slice(0, index + 1)));
      const results = fleet.stdout('ada').map((line) => JSON.parse(line) as { type: string; result?: string });
      expect(results.filter(({ type }) => type === 'result').map(({ result }) => result)).toEqual(
        texts.map((text) => `answer to: ${text}`),
      );
    });
  });
}

/** The keeper has brought up another daemon, and it answers. */
async function revived(fleet: RealBox, killed: number): Promise<void> {
  for (;;) {
    const { stdout, code } = await fleet.av('ping', '--json');
    if (code === 0 && (JSON.parse(stdout) as { pid: number }).pid !== killed) return;
  }
}
