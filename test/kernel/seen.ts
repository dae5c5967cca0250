import type { Command } from '../../src/kernel/commands.ts';
import type { Event } from '../../src/kernel/events.ts';
import type { Fleet } from '../../src/kernel/fleet.ts';
import type { Moment } from '../../src/kernel/moment.ts';

/** What a step is to those who look at it. */

export type Journaled = { readonly event: Event; readonly moment: Moment };
export type Seen = {
  readonly before: Fleet;
  readonly after: Fleet;
  readonly event: Event;
  readonly moment: Moment;
  readonly commands: readonly Command[];
};

/** What the host has nothing to do for but to write it down. */
export const WRITTEN_DOWN: ReadonlySet<Command['type']> = new Set<Command['type']>([
  'record',
  'file-incident',
  'notice',
  'retire-run',
  'forget',
]);
