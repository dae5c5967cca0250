import type { Agent, Fleet } from '../kernel/fleet.ts';
import type { Change } from './engine.ts';

/** Of whom a step changed something that is shown of them. */
export function changedAgents({ before, after }: Pick<Change, 'before' | 'after'>): readonly Agent[] {
  // When it is its turn to try, its incident knows.
  const isElsewhere = ({ recovery }: Agent): boolean =>
    recovery !== null && before.incidents[recovery.incident] !== after.incidents[recovery.incident];
  // A full disk is everybody's trouble.
  const isOfAll = before.disk !== after.disk;
  return Object.values(after.agents).filter(
    (agent) => isOfAll || before.agents[agent.spec.name] !== agent || isElsewhere(agent),
  );
}

export const removedAgents = ({ before, after }: { before: Fleet; after: Fleet }): readonly string[] =>
  Object.keys(before.agents).filter((name) => after.agents[name] === undefined);
