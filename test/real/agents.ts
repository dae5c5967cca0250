import { startApi, type Api } from '../stand-in/api.ts';
import type { FaultScript } from '../stand-in/script.ts';
import { onTestFinished } from 'vitest';
import { box, type Box } from '../box.ts';

export type RealBox = Box & { readonly api: Api };

/** Real Claude Code agents on one token, against the stand-in for the API. */
export async function realBox(
  bin: string,
  names: readonly string[],
  script?: FaultScript,
  agent: Record<string, unknown> = {},
): Promise<RealBox> {
  const api = await startApi(script);
  onTestFinished(() => api.close());
  const own = box();
  own.write({
    credentials: { max: { type: 'oauth-token', from: { env: 'TEST_TOKEN' } } },
    defaults: {
      credential: 'max',
      claude: { bin },
      env: { ANTHROPIC_BASE_URL: api.url, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', IS_SANDBOX: '1' },
      ...agent,
    },
    agents: names.map((name) => ({ name, cwd: `./${name}` })),
  });
  await own.ok('start');
  return { ...own, api };
}
