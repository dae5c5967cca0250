import type { Command } from '../../src/kernel/commands.ts';
import type { Event } from '../../src/kernel/events.ts';
import type { StreamFact } from '../../src/kernel/facts.ts';
import type { AgentSpec } from '../../src/kernel/spec.ts';
import type { Incident } from '../../src/kernel/trouble.ts';
import type { Weather } from './api.ts';
import { ADA } from './fleet-of.ts';
import { Model } from './model.ts';
import type { Seen } from './seen.ts';
import { records } from './play.ts';
import { run, start, type Act } from './timeline.ts';

/** A short history with times that are typed in, and what came of it. */

export const BOB: AgentSpec = { ...ADA, name: 'bob' };
export const KIM: AgentSpec = { ...ADA, name: 'kim', credentials: ['key'] };

type Attempt = { readonly agent: string; readonly at: number };
export type Played = {
  readonly model: Model;
  readonly attempts: readonly Attempt[];
  readonly incidents: readonly Incident[];
  readonly commands: readonly Command[];
  readonly seen: readonly Seen[];
};

export function play(specs: readonly AgentSpec[], until: number, ...acts: readonly Act[]): Played {
  const seen: Seen[] = [];
  const attempts: Attempt[] = [];
  const incidents = new Map<string, Incident>();
  const model = new Model(specs, (step, { now }) => {
    seen.push(step);
    for (const agent of records(step, 'attempt')) attempts.push({ agent, at: now });
    for (const command of step.commands)
      if (command.type === 'file-incident') incidents.set(command.incident.id, command.incident);
  });
  run(model, [start(specs), ...acts], until);
  return { model, attempts, incidents: [...incidents.values()], seen, commands: seen.flatMap((step) => step.commands) };
}

export const livingOf = (model: Model, agent: string): Model['processes'][number] | undefined =>
  model.living.find((process) => process.agent === agent);

/** The process that an agent has then fails its turns that way. */
export const latch = (at: number, agent: string, api: Weather): Act => ({
  at,
  act: (model) => {
    const process = livingOf(model, agent);
    if (process !== undefined) process.api = api;
  },
});
/** So does every new one. */
export const weather = (at: number, agent: string, api: Weather): Act => ({
  at,
  act: (model) => void model.weather.set(agent, api),
});
export const submit = (at: number, event: Parameters<Model['submit']>[0]): Act => ({
  at,
  act: (model) => model.submit(event),
});
export const S = 1_000;

/** It begins a turn that nobody asked for. */
export const ownTurn = (at: number, agent: string, then: (model: Model) => void = () => undefined): Act => ({
  at,
  act: (model) => {
    livingOf(model, agent)?.beginTurn(null);
    then(model);
  },
});

/** What the daemon reports of the run that an agent has, beyond what the model does. */
export const report = (at: number, agent: string, build: (name: { agent: string; run: string }) => Event): Act => ({
  at,
  act: (model) => {
    const process = livingOf(model, agent);
    if (process !== undefined) model.submit(build({ agent, run: process.run }));
  },
});

/** A line of the agent, behind all that it has said. */
export const hear = (at: number, agent: string, fact: StreamFact): Act => ({
  at,
  act: (model) => {
    const process = livingOf(model, agent);
    if (process === undefined) return;
    const offset = (process.log.length + 1) * 100;
    process.log.push({ offset, fact });
  },
});
