import type { OperatorEvent } from '../../src/kernel/events.ts';
import { CAST } from './cast.ts';
import { ADA, declared } from './fleet-of.ts';

export type Verb =
  | 'up'
  | 'down'
  | 'restart'
  | 'restart-now'
  | 'restart-after-turn'
  | 'delete'
  | 'declare'
  | 'change'
  | 'pause'
  | 'resume'
  | 'reset'
  | 'notify';

/** What an operator does to an agent of the random histories. */
export function operatorEvent(verb: Verb, agent: string): OperatorEvent {
  const spec = CAST.find(({ name }) => name === agent) ?? ADA;
  const restart = (how: 'now' | 'interrupt' | 'after-turn'): OperatorEvent => ({
    type: 'restart-asked',
    agent,
    how,
    reason: null,
  });
  switch (verb) {
    case 'up':
    case 'down':
      return { type: 'desired', agent, desired: verb };
    case 'restart':
      return restart('interrupt');
    case 'restart-now':
      return restart('now');
    case 'restart-after-turn':
      return restart('after-turn');
    case 'delete':
      return { type: 'deleted', agent };
    case 'declare':
      return declared(spec);
    case 'change':
      return declared({ ...spec, claude: { ...spec.claude, model: 'sonnet' } });
    case 'pause':
    case 'resume':
      return { type: 'paused', agent, paused: verb === 'pause' };
    case 'reset':
      return { type: 'reset-asked', agent };
    case 'notify':
      return { type: 'notify-declared', file: spec.file ?? '', channels: [{ webhook: 'https://example.org/page' }] };
  }
}
