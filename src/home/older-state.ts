import type { Event } from '../kernel/events.ts';
import type { Agent, Fleet } from '../kernel/fleet.ts';
import type { AgentSpec, CredentialSpec } from '../kernel/spec.ts';

/** What an earlier version has written lacks the fields that came later: they are as if nothing had happened yet. */

export function fleetOfOlder(fleet: Fleet): Fleet {
  return {
    ...fleet,
    agents: mapValues(fleet.agents, agentOfOlder),
    credentials: mapValues(fleet.credentials, credentialOfOlder),
  };
}

export function eventOfOlder(event: Event): Event {
  if (event.type === 'declared') return { ...event, spec: specOfOlder(event.spec) };
  return event.type === 'credential-declared' ? { ...event, spec: credentialOfOlder(event.spec) } : event;
}

const agentOfOlder = (agent: Agent): Agent => ({
  ...withDefaults(agent, { fallback: null, activity: [] }),
  session: withDefaults(agent.session, { lastSaid: null }),
  spec: specOfOlder(agent.spec),
});

const specOfOlder = (spec: AgentSpec): AgentSpec => ({
  ...withDefaults(spec, { fallback: { whenCapped: false } }),
  log: withDefaults(spec.log, { onFull: 'truncate-oldest' }),
});

const credentialOfOlder = (spec: CredentialSpec): CredentialSpec => withDefaults(spec, { mintedAt: null });

const withDefaults = <T extends object>(value: T, defaults: Partial<T>): T => ({ ...defaults, ...value });

const mapValues = <T>(all: Readonly<Record<string, T>>, change: (value: T) => T): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(all).map(([name, value]) => [name, change(value)]));
