import { EXIT_CODES } from '../../protocol/errors.ts';
import { POLICIES } from '../../simulate/policy-names.ts';
import { AGENTS_USUAL, DAYS_USUAL, SEED_USUAL } from '../simulate/usual.ts';
import { terminalOf } from '../../wording/terminal.ts';
import type { Context } from '../verb.ts';

export const usage =
  '[ECOSYSTEM] [--trace FILE | --from-history] [--policy NAME...] [--agents N] [--days D] [--seed S]';
export const options = {
  trace: { type: 'string', value: 'FILE', summary: 'outages that were recorded, one JSON object a line' },
  'from-history': { type: 'boolean', summary: "the outages behind this home's own incidents" },
  policy: {
    type: 'string',
    value: 'NAME',
    multiple: true,
    choices: POLICIES,
    summary: POLICIES.join(', '),
  },
  agents: { type: 'string', value: 'N', summary: `so many agents on one credential (default ${AGENTS_USUAL})` },
  days: {
    type: 'string',
    value: 'D',
    summary: `made-up outages (default ${DAYS_USUAL}), or the first recorded ones`,
  },
  seed: { type: 'string', value: 'S', summary: `another one makes other outages and messages (default ${SEED_USUAL})` },
} as const;
/** Names of policies may stand behind --policy, separated by blanks. */
export const takes = { min: 0, max: Infinity, what: '' };
export const examples = [
  'agentvisor simulate                                 all policies, six agents',
  'agentvisor simulate ecosystem.ts --from-history     yours, as it was',
  'agentvisor simulate --policy kubelet adaptive --seed 7',
  'agentvisor simulate --trace outages.ndjson --json',
];

/** What is done sooner needs no word. */
const PATIENCE_MS = 1_000;
/** After that a word now and then. */
const WORD_EVERY_MS = 5_000;

/** No network, no daemon, no process: the kernel alone, on a virtual clock. */
export async function run(context: Context): Promise<number> {
  const { askedFor } = await import('../simulate/scene.ts');
  const asked = await askedFor(context);
  if (asked === undefined) return EXIT_CODES.usage;
  const { simulate } = await import('../../simulate/report.ts');
  const { simulationLines } = await import('../simulate/lines.ts');
  let tellAt = Date.now() + PATIENCE_MS;
  const report = simulate(asked.scene, asked.source, asked.policies, (text) => {
    if (Date.now() < tellAt) return;
    tellAt = Date.now() + WORD_EVERY_MS;
    context.note(`agentvisor: simulating ${text}`);
  });
  if (context.json) context.answer(report);
  else context.say(simulationLines(report, terminalOf(process.stdout, context.env)));
  return 0;
}
