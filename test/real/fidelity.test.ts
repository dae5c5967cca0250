import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { startApi, type Api } from '../stand-in/api.ts';
import { Drivers, STAND_IN, type Driven } from '../stand-in/drive.ts';
import { strands } from '../stand-in/shape.ts';
import { realClaudes } from './claude.ts';
import { SCENARIOS, type Scenario, type Start } from './scenarios.ts';

const TIMEOUT_MS = 60_000;

const drivers = new Drivers();
const apis: Api[] = [];
afterEach(async () => {
  await drivers.close();
  for (const api of apis.splice(0)) await api.close();
});

/** What a process has said and how it ended, without what differs from run to run. */
async function story(agents: readonly Driven[], compare: 'all' | 'ending'): Promise<unknown[]> {
  return Promise.all(
    agents.map(async (agent) => {
      const ending = { exit: await agent.exited, stderr: plain(agent.stderr) };
      return compare === 'ending' ? ending : { ...strands(agent.texts), ...ending };
    }),
  );
}

/** Ids go, and what a JSON parser says in its own words. */
function plain(stderr: string): string {
  const ids = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
  return stderr.replaceAll(ids, 'ID').replace(/(JSON Parse error).*/, '$1');
}

async function tell(scenario: Scenario, bin: string, env: Readonly<Record<string, string>>): Promise<unknown[]> {
  const home = drivers.home();
  const agents: Driven[] = [];
  const start: Start = (...flags) => {
    const agent = drivers.start({ bin, args: ['--replay-user-messages', ...flags], home, env });
    agents.push(agent);
    return agent;
  };
  await scenario.play(start, randomUUID());
  return story(agents, scenario.compare ?? 'all');
}

async function tellReal(scenario: Scenario, bin: string): Promise<unknown[]> {
  const api = await startApi(scenario.script);
  apis.push(api);
  return tell(scenario, bin, {
    ANTHROPIC_BASE_URL: api.url,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
  });
}

async function tellStandIn(scenario: Scenario, version: string): Promise<unknown[]> {
  const script = join(drivers.home(), 'script.json');
  writeFileSync(script, JSON.stringify(scenario.script));
  return tell(scenario, STAND_IN, { STAND_IN_VERSION: version, STAND_IN_SCRIPT: script, STAND_IN_SPEED: '10' });
}

describe.each(realClaudes())('Claude Code $version and its stand-in tell the same', ({ version, bin, missing }) => {
  test.skipIf(missing !== null).each(SCENARIOS.map((scenario) => [scenario.title, missing ?? '', scenario] as const))(
    '%s %s',
    { timeout: TIMEOUT_MS },
    async (_title, _why, scenario) => {
      const [real, standIn] = await Promise.all([tellReal(scenario, bin), tellStandIn(scenario, version)]);
      expect(standIn).toEqual(real);
    },
  );
});
