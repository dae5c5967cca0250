import { describe, expect, test } from 'vitest';
import { TOKEN } from '../box.ts';
import { realBox } from './agents.ts';
import { realClaudes } from './claude.ts';

for (const { version, bin, missing } of realClaudes()) {
  describe.skipIf(missing !== null)(`Claude Code ${version}${missing === null ? '' : ` (${missing})`}`, () => {
    test('an agent whose session is rejected is restarted alone, answers what failed, and only then counts as recovered', async () => {
      const fleet = await realBox(bin, ['ada', 'bob', 'cyn']);
      for (const name of ['ada', 'bob', 'cyn']) {
        expect(await fleet.ok('send', name, `first of ${name}`, '--wait')).toBe(`answer to: first of ${name}\n`);
      }
      const before = await fleet.rows();
      const latched = before.find(({ name }) => name === 'bob');
      fleet.api.latch(latched?.pid ?? 0);

      expect(await fleet.ok('send', 'bob', 'the question that fails', '--wait')).toBe(
        'answer to: the question that fails\n',
      );

      const after = await fleet.rows();
      const pids = (rows: typeof after): unknown =>
        rows.map(({ name, pid, sessionId, restarts }) => ({ name, pid, sessionId, restarts }));
      const [ada, , cyn] = before;
      expect(pids(after)).toEqual([
        { name: 'ada', pid: ada?.pid, sessionId: ada?.sessionId, restarts: 0 },
        { name: 'bob', pid: expect.any(Number), sessionId: latched?.sessionId, restarts: 1 },
        { name: 'cyn', pid: cyn?.pid, sessionId: cyn?.sessionId, restarts: 0 },
      ]);
      expect(after[1]).toMatchObject({
        health: 'healthy',
        restartsByCause: { 'auth-session': 1 },
        auth401s: 1,
        incident: null,
      });
      expect(after[1]?.pid).not.toBe(latched?.pid);

      const lastAsked = fleet.api.requests.findLast(({ session }) => session === latched?.sessionId);
      expect(lastAsked).toMatchObject({ status: 200, texts: ['first of bob', 'the question that fails'] });
      const failed = fleet.api.requests.filter(({ status }) => status === 401);
      expect(new Set(failed.map(({ pid }) => pid))).toEqual(new Set([latched?.pid]));

      const [incident, ...others] = await fleet.incidents();
      expect(others).toEqual([]);
      expect(incident).toMatchObject({
        scope: 'session',
        key: 'bob',
        cause: 'auth-session',
        agents: ['bob'],
        attempts: [{ agent: 'bob', outcome: 'recovered', canary: false }],
        firstRequestId: failed.at(-1)?.requestId,
        recoveries: [{ agent: 'bob', attempts: 1 }],
        receipt: { agent: 'bob', failedRequestId: failed.at(-1)?.requestId, messageId: `msg_${lastAsked?.requestId}` },
      });
      expect(incident?.closedAt).not.toBeNull();
    });

    test('the token is good all the while, and nobody but the agents ever asks the API', async () => {
      const fleet = await realBox(bin, ['ada']);
      await fleet.ok('send', 'ada', 'hello', '--wait');
      const { pid } = await fleet.row('ada');
      fleet.api.latch(pid ?? 0);
      const probe = async (): Promise<number> => {
        const response = await fetch(`${fleet.api.url}/v1/messages?beta=true`, {
          method: 'POST',
          headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', 'x-probe': '1' },
          body: JSON.stringify({
            model: 'claude-opus-5-5',
            max_tokens: 1,
            messages: [{ role: 'user', content: 'probe' }],
          }),
        });
        await response.text();
        return response.status;
      };
      const waiting = fleet.ok('send', 'ada', 'again', '--wait');
      await fleet.api.waitForRequest(({ status }) => status === 401);
      expect(await probe()).toBe(200);
      expect(await waiting).toBe('answer to: again\n');
      expect(await probe()).toBe(200);
      const after = await fleet.row('ada');
      const askers = new Set(
        fleet.api.requests.filter(({ texts }) => !texts.includes('probe')).map((request) => request.pid),
      );
      expect(askers).toEqual(new Set([pid, after.pid]));
    });

    test('the very first turn of a conversation may fail too: the question is asked once and answered', async () => {
      const fleet = await realBox(bin, ['ada']);
      const { pid, sessionId } = await fleet.row('ada');
      fleet.api.latch(pid ?? 0);
      expect(await fleet.ok('send', 'ada', 'first words', '--wait')).toBe('answer to: first words\n');
      const answered = fleet.api.requests.findLast(({ kind }) => kind === 'main');
      expect(answered).toMatchObject({ status: 200, texts: ['first words'] });
      expect((await fleet.row('ada')).sessionId).toBe(sessionId);
    });
  });
}
