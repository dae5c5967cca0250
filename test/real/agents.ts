import { startApi, type Api } from '../stand-in/api.ts';
import type { FaultScript } from '../stand-in/script.ts';
import { onTestFinished } from 'vitest';
import { box, type Box, type Ecosystem } from '../box.ts';

export type RealBox = Box & { readonly api: Api };

/** Real Claude Code agents on one token, against the stand-in for the API. */
export async function realBox(
  bin: string,
  names: readonly string[],
  script?: FaultScript,
  agent: Record<string, unknown> = {},
): Promise<RealBox> {
  const fleet = await emptyBox(script);
  await startReal(fleet, bin, {
    credentials: { max: { type: 'oauth-token', from: { env: 'TEST_TOKEN' } } },
    defaults: { credential: 'max', ...agent },
    agents: names.map((name) => ({ name })),
  });
  return fleet;
}

/** A machine and a stand-in for the API, for those who declare more than one token. */
export async function emptyBox(script?: FaultScript): Promise<RealBox> {
  const api = await startApi(script);
  onTestFinished(() => api.close());
  return { ...box(), api };
}

/** Declares agents that are real and know no other API, and starts them. */
export async function startReal(
  { api, write, ok }: RealBox,
  bin: string,
  { defaults, agents, ...rest }: Ecosystem,
): Promise<void> {
  write({
    ...rest,
    defaults: {
      claude: { bin },
      env: { ANTHROPIC_BASE_URL: api.url, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', IS_SANDBOX: '1' },
      ...defaults,
    },
    agents: agents.map((agent) => ({ cwd: `./${agent.name}`, ...agent })),
  });
  await ok('start');
}
