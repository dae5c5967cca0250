import type { AgentSpec } from '../../src/kernel/spec.ts';
import type { Model } from './model.ts';

/** A clock that runs from one event to the next: everybody does at once what he has to do. */

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

export type Act = { readonly at: number; readonly act: (model: Model) => void };

const hasWork = (model: Model): boolean =>
  model.pending.length > 0 || model.processes.some((process) => process.isBusy || isUnread(process));

const isUnread = (process: Model['processes'][number]): boolean =>
  process.read < process.log.length || (process.exit !== null && !process.exitTold);

/** All that can be done at this moment is done. */
function settleNow(model: Model): void {
  while (hasWork(model)) {
    while (model.pending.length > 0) model.obey(0, { fails: false });
    for (const process of model.processes) process.progress({ tools: false, partial: false });
    for (const process of model.processes) model.read(process, Infinity);
  }
}

/** Every deadline comes at its time, and so does every act. */
export function run(model: Model, acts: readonly Act[], until: number): void {
  const inOrder = acts.toSorted((one, other) => one.at - other.at);
  for (const { at, act } of [...inOrder, { at: until, act: () => undefined }]) {
    while (model.now + model.waitMs < at) {
      model.tickWhenDue();
      settleNow(model);
    }
    model.pass(Math.max(0, at - model.now));
    act(model);
    settleNow(model);
  }
}

export const start = (specs: readonly AgentSpec[]): Act => ({
  at: 0,
  act: (model) => {
    for (const { name } of specs) model.submit({ type: 'desired', agent: name, desired: 'up' });
  },
});

export const ask = (at: number, agent: string): Act => ({ at, act: (model) => model.send(agent) });
export const opens = (at: number, credential: string): Act => ({
  at,
  act: ({ api }) => void api.windows.add(credential),
});
export const closes = (at: number, credential: string): Act => ({
  at,
  act: ({ api }) => void api.windows.delete(credential),
});
