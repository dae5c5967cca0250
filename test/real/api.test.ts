import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { startApi, type Api } from '../stand-in/api.ts';
import { Drivers, type Driven } from '../stand-in/drive.ts';
import type { FaultScript } from '../stand-in/script.ts';
import { realClaudes } from './claude.ts';

const drivers = new Drivers();
const apis: Api[] = [];
afterEach(async () => {
  await drivers.close();
  for (const api of apis.splice(0)) await api.close();
});

type World = { readonly api: Api; readonly start: (...flags: readonly string[]) => Driven };

async function world(bin: string, script: FaultScript = {}): Promise<World> {
  const api = await startApi(script);
  apis.push(api);
  const home = drivers.home();
  const env = { ANTHROPIC_BASE_URL: api.url, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1' };
  return { api, start: (...args) => drivers.start({ bin, args, home, env }) };
}

const said = (api: Api): readonly string[] => api.requests.at(-1)?.texts ?? [];

describe.each(realClaudes())('Claude Code $version asks the stand-in for the API', ({ bin, missing }) => {
  const skips = missing !== null;
  const why = missing ?? '';

  test.skipIf(skips)(`with its session, its process and what the user said ${why}`, async () => {
    const { api, start } = await world(bin);
    const session = randomUUID();
    const agent = start('--session-id', session, '--model', 'haiku');
    await agent.turn('one');
    await agent.turn([{ type: 'text', text: 'two' }]);
    const asked = api.requests.filter((request) => request.method === 'POST');
    const common = { kind: 'main', session, pid: agent.child.pid, token: 'aaaa', process: 1, status: 200 };
    expect(asked).toMatchObject([
      { ...common, turn: 1, texts: ['one'] },
      { ...common, turn: 2, texts: ['one', 'two'] },
    ]);
    expect(asked.every((request) => request.model.includes('haiku'))).toBe(true);
  });

  test.skipIf(skips)(
    `and a latched process fails every turn, while the same conversation works in the next one ${why}`,
    async () => {
      const { api, start } = await world(bin);
      const session = randomUUID();
      const first = start('--session-id', session);
      await first.turn('one');
      api.latch(first.child.pid ?? 0);
      expect(await first.turn('two')).toMatchObject({ api_error_status: 401 });
      // Two requests a turn, not three: after the second delay it gives up.
      expect(api.requests.filter((request) => request.status === 401)).toHaveLength(2);
      await first.end();
      const second = start('--resume', session);
      expect(await second.turn('three')).toMatchObject({ is_error: false, session_id: session });
      expect(said(api)).toEqual(['one', 'two', 'three']);
    },
  );

  test.skipIf(skips)(`once only for a question that was asked again from the last good answer ${why}`, async () => {
    const { api, start } = await world(bin, { faults: [{ when: { process: 1, turn: 2 }, do: { api: '400credit' } }] });
    const session = randomUUID();
    const first = start('--session-id', session);
    await first.turn('one');
    await first.turn('two');
    await first.end();
    const answer = first.lines.find((line) => line['type'] === 'assistant')?.['uuid'];
    await start('--resume', session, '--resume-session-at', String(answer)).turn('two');
    expect(said(api)).toEqual(['one', 'two']);
  });

  test.skipIf(skips)(`with what was said while a tool ran ${why}`, async () => {
    const { api, start } = await world(bin, { faults: [{ do: { tool: { command: 'sleep 1' }, answer: 'done' } }] });
    const agent = start('--allowedTools', 'Bash');
    agent.say('work');
    await agent.line((line) => line['type'] === 'assistant');
    agent.say('hurry');
    await agent.line((line) => line['type'] === 'result');
    expect(said(api)).toEqual(['work', 'hurry']);
  });

  test.skipIf(skips)(`and prints its answer only when the last piece has come ${why}`, async () => {
    const { start } = await world(bin, { faults: [{ do: { answer: 'a long answer', delayMs: 200, pieces: 5 } }] });
    expect(await start().turn('one')).toMatchObject({ is_error: false, result: 'a long answer' });
  });
});
