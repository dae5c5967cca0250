import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { Drivers, STAND_IN } from './drive.ts';
import type { ApiFault, FaultScript, When } from './script.ts';
import { shapeOf } from './shape.ts';

/**
 * Streams of the real one: a good turn, one under the fault that names the file, a good one. The lists inside `init`
 * were emptied and folders renamed; nothing else was changed.
 */
const RECORDINGS = fileURLToPath(new URL('../claude/recordings', import.meta.url));

const drivers = new Drivers();
afterEach(() => drivers.close());

/** When the recordings were made, the throttle was lifted during the seventh attempt. */
const LIFTED: Readonly<Record<string, When>> = { '429': { attempt: { until: 6 } } };

function scriptFor(fault: ApiFault): FaultScript {
  return { faults: [{ when: { turn: 2, ...LIFTED[fault] }, do: { api: fault } }] };
}

describe.each(readdirSync(RECORDINGS))('the stand-in for Claude Code %s', (version) => {
  const faults = readdirSync(join(RECORDINGS, version))
    .filter((file) => file.endsWith('.ndjson'))
    .map((file) => file.replace('.ndjson', '') as ApiFault);

  test.each(faults)('prints a good turn, one under %s and a good one as the recording has them', async (fault) => {
    const recorded = readFileSync(join(RECORDINGS, version, `${fault}.ndjson`), 'utf8')
      .trimEnd()
      .split('\n');
    const home = drivers.home();
    const script = join(home, 'script.json');
    writeFileSync(script, JSON.stringify(scriptFor(fault)));
    const env = { STAND_IN_VERSION: version, STAND_IN_SCRIPT: script, STAND_IN_SPEED: '10000' };
    const agent = drivers.start({ bin: STAND_IN, args: ['--model', 'opus'], home, env });
    for (const text of ['ping', 'ping', 'ping']) await agent.turn(text, null);
    expect(await agent.end()).toEqual({ code: 0, signal: null });
    expect(agent.texts.map(shapeOf)).toEqual(recorded.map(shapeOf));
  });
});

describe('a shape', () => {
  const line = '{"type":"result","is_error":false,"result":"pong","usage":{"input_tokens":1}}';

  test('is blind to what differs from run to run', () => {
    expect(shapeOf(line.replace('pong', 'ping').replace('1}', '2}'))).toEqual(shapeOf(line));
  });

  test.each([
    ['another verdict', line.replace('false', 'true')],
    ['another key', line.replace('"result":"pong"', '"results":"pong"')],
    ['another key inside', line.replace('input_tokens', 'output_tokens')],
    ['another order', '{"is_error":false,"type":"result","result":"pong","usage":{"input_tokens":1}}'],
  ])('sees %s', (_, other) => {
    expect(shapeOf(other)).not.toEqual(shapeOf(line));
  });
});
