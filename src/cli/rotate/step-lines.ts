import type { RotationRow } from '../../protocol/api.ts';

type Step = RotationRow['steps'][number];

const WORDS: Readonly<Record<Step['step'], (step: Step) => string>> = {
  staged: ({ detail }) => `the new secret stands in ${detail}`,
  trying: ({ agent }) => `${agent} takes it first and is asked for an answer`,
  taking: ({ agent }) => `${agent} takes it between two turns`,
  proven: ({ agent }) => `${agent} has answered on it`,
  waits: ({ agent, detail }) => (agent === null ? detail : `${agent}: ${detail}`),
  promoted: ({ detail }) => `${detail} holds it now; the old one is kept as ${detail}.prev until the last has answered`,
  failed: ({ detail }) => detail,
  done: () => 'all have it, and the old secret is gone',
  undone: () => 'everything is on the old secret again',
};

const WIDTH = Math.max(...Object.keys(WORDS).map((word) => word.length));

/** One line for people. */
export const stepLine = (step: Step): string => `${step.step.padEnd(WIDTH)}  ${WORDS[step.step](step)}`;

/** How it ended, in one line. */
export function endLine({ credential, to, why, stage, unproven }: RotationRow): string {
  if (stage === 'undone') return `'${credential}' keeps its old secret: ${why}`;
  if (unproven.length === 0) return `'${credential}' is ${to} now`;
  const [first, ...others] = unproven;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `'${credential}' is ${to} now; ${first}${more} will prove it with the next message`;
}
