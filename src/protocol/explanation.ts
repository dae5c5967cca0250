import { explain, explanationText } from '../kernel/explain.ts';
import type { Agent, Fleet } from '../kernel/fleet.ts';
import type { Moment } from '../kernel/moment.ts';
import type { ExplanationRow } from './rows.ts';

/** One element of `explain --json`. */
export function explanationRow(fleet: Fleet, agent: Agent, now: Moment): ExplanationRow {
  const explanation = explain(fleet, agent, now);
  const { is, why, next, todo } = explanation;
  return { name: agent.spec.name, text: explanationText(explanation), is, why, next, todo };
}
