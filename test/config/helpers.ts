import { expect } from 'vitest';
import type { Ecosystem } from '../../src/config/ecosystem.ts';
import { normalise } from '../../src/config/normalise.ts';
import type { Problem } from '../../src/config/problem.ts';
import type { AgentSpec } from '../../src/kernel/spec.ts';

export const FILE = '/srv/agents/ecosystem.ts';
export const FACTS = { home: '/home/ada' };

export function accepted(raw: unknown): { ecosystem: Ecosystem; warnings: readonly Problem[] } {
  const result = normalise(raw, FILE, FACTS);
  if (!result.ok) expect.fail(result.problems.map(({ message }) => message).join('\n'));
  return result;
}

export function firstAgent(raw: unknown): AgentSpec {
  const [agent] = accepted(raw).ecosystem.agents;
  if (agent === undefined) expect.fail('no agent');
  return agent;
}

export function refused(raw: unknown): readonly Problem[] {
  const result = normalise(raw, FILE, FACTS);
  if (result.ok) expect.fail('the file was accepted');
  return result.problems;
}

/** `path: hint or message` of the only mistake. */
export function onlyMistake(raw: unknown): Problem {
  const problems = refused(raw);
  expect(problems.map(({ message }) => message)).toHaveLength(1);
  const [problem] = problems;
  if (problem === undefined) expect.fail('no mistake');
  return problem;
}
