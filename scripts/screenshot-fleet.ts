import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from '../demo/stage.ts';
import { ROOT } from '../demo/stage.ts';
import type { Client } from '../src/client/client.ts';
import type { FaultScript } from '../test/stand-in/script.ts';

/** The shape of a token, and nobody's: the picture shows its fingerprint only. */
const tokenOf = (name: string): string => `sk-ant-oat01-${name.padEnd(95, 'x')}\n`;

const CONVERSATION = [
  [
    'Review the change to the billing form.',
    'I read the diff. The form rounds before it adds; I left two comments in place.',
  ],
  ['Run its tests.', 'All 214 tests of the billing package pass; the slowest one takes 1.8 s.'],
  [
    'Summarise the open comments.',
    'Two are open: the rounding of partial refunds, and a missing test for a zero amount.',
  ],
] as const;

const answers: FaultScript['faults'] = CONVERSATION.map(([asked, answer]) => ({
  when: { contains: asked },
  do: { answer, ...(asked.startsWith('Run') ? { tool: { command: 'npm test', output: '214 passed (12.4 s)' } } : {}) },
}));

const SCRIPTS: Readonly<Record<string, FaultScript>> = {
  well: { faults: answers },
  latch: { faults: [{ when: { process: 1, turn: { from: 2 } }, do: { api: '401' } }, ...answers] },
  rejected: {
    faults: [
      { when: { turn: { from: 2 }, untilFile: 'never' }, do: { api: '401' } },
      { when: { process: { from: 2 }, untilFile: 'never' }, do: { api: '401' } },
      ...answers,
    ],
  },
  throttled: { faults: [{ when: { turn: { from: 2 }, untilFile: 'never' }, do: { api: '429' } }, ...answers] },
  expired: {
    faults: [
      { when: { contains: 'Summarise', untilFile: 'never' }, do: { api: '401expired' } },
      { when: { process: { from: 2 }, untilFile: 'never' }, do: { api: '401expired' } },
      ...answers,
    ],
  },
  latched: {
    faults: [
      { when: { process: 1, turn: { from: 2 } }, do: { api: '401' } },
      { when: { process: { from: 2 } }, do: { delayMs: 600_000 } },
      ...answers,
    ],
  },
  busy: { faults: [{ when: { contains: 'Summarise', untilFile: 'never' }, do: { delayMs: 600_000 } }, ...answers] },
};

const CREDENTIALS = ['max', 'team', 'spare', 'night'] as const;

const AGENTS = [
  { name: 'reviewer', credential: 'max', script: 'well', model: 'opus' },
  { name: 'triage', credential: 'max', script: 'rejected', model: 'sonnet' },
  { name: 'support', credential: 'team', script: 'latched', model: 'opus' },
  { name: 'docs', credential: 'spare', script: 'latch', model: 'sonnet' },
  { name: 'planner', credential: 'max', script: 'busy', model: 'opus' },
  { name: 'builder', credential: 'team', script: 'throttled', model: 'sonnet' },
  { name: 'release', credential: 'night', script: 'expired', model: 'haiku', namespace: 'night' },
] as const;

/** What fails on two credentials within a minute is taken for one trouble of the API. */
const APART_MS = 65_000;
const ANSWER_MS_MAX = 2_500;

/** Agents in all kinds of trouble, under a real daemon. Settles when the pictures have something to tell. */
export async function openFleet(stage: Stage): Promise<Client> {
  const { folder } = stage;
  const claude = join(folder, 'claude');
  copyFileSync(join(ROOT, 'examples/stand-in/claude.mjs'), claude);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const name of CREDENTIALS) writeFileSync(join(folder, name), tokenOf(name), { mode: 0o600 });
  for (const [name, script] of Object.entries(SCRIPTS))
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(script));
  const file = join(folder, 'ecosystem.json');
  writeFileSync(file, JSON.stringify(ecosystem(claude)));
  for (const { name } of AGENTS) mkdirSync(join(folder, name));
  await stage.av('start', file).catch(() => undefined);
  const client = stage.client();
  const [first, second] = [['docs'], ['support']];
  await converse(client, first);
  await limit(APART_MS);
  await converse(client, second);
  await limit(APART_MS);
  await converse(
    client,
    AGENTS.map(({ name }) => name).filter((name) => ![...first, ...second].includes(name)),
  );
  await limit(2_000);
  return client;
}

async function converse(client: Client, names: readonly string[]): Promise<void> {
  for (const [text] of CONVERSATION) {
    if (text.startsWith('Summarise') && names.includes('reviewer'))
      await client.call('restart', { targets: ['reviewer'], how: 'after-turn', reason: null });
    await Promise.all(
      names.map(async (agent) => {
        // The last four digits number the deliveries of a message.
        const id = `${randomUUID().slice(0, -4)}0000`;
        await client.call('send', { agent, text, id });
        // Who is in trouble answers later, or never.
        await Promise.race([client.call('outcome', { agent, id }), limit(ANSWER_MS_MAX)]);
      }),
    );
  }
}

const ecosystem = (claude: string): unknown => ({
  credentials: Object.fromEntries(
    CREDENTIALS.map((name) => [name, { type: 'oauth-token', from: { file: `./${name}` }, mintedAt: today() }]),
  ),
  defaults: {
    claude: { bin: claude },
    env: { STAND_IN_SPEED: '50' },
    auth: { quiet: { min: '1m', max: '3m', jitter: 0 } },
  },
  agents: [
    ...AGENTS.map(({ script, model, ...agent }) => ({
      ...agent,
      cwd: `./${agent.name}`,
      claude: { model },
      env: { STAND_IN_SCRIPT: `../${script}.json` },
    })),
    {
      name: 'indexer',
      mode: 'command',
      command: ['sh', '-c', 'echo "cannot open the index" >&2; exit 3'],
      cwd: '.',
      restart: { delayMin: '2m', crashesMax: 9 },
    },
    { name: 'mirror', mode: 'command', command: ['sleep', '3600'], cwd: '.' },
  ],
});

const today = (): string => new Date().toISOString().slice(0, 10);

function limit(ms: number): Promise<void> {
  return new Promise((done) => void setTimeout(done, ms));
}
