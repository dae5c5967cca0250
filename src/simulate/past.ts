import { isAuth } from '../kernel/causes.ts';
import type { Incident } from '../kernel/trouble.ts';
import type { Outage } from './outage.ts';

/** An incident tells only that something lasted so long. */
const LENGTH_MS_MIN = 1_000;

/** The outages behind a home's own incidents, the earliest first. What is still open has no end yet, and is left out. */
export const outagesOf = (incidents: readonly Incident[]): readonly Outage[] =>
  incidents
    .flatMap((incident) => (incident.mergedInto === null ? outageOf(incident) : []))
    .toSorted((one, other) => one.from - other.from);

function outageOf(incident: Incident): readonly Outage[] {
  const { cause, scope, key, openedAt, closedAt, gates } = incident;
  if (closedAt === null) return [];
  const [credential = null, ...others] = Object.keys(gates);
  const from = openedAt.wall;
  const reach = {
    credential: others.length === 0 ? credential : null,
    agent: scope === 'session' ? key : null,
  };
  if (isAuth(cause)) return [{ kind: 'window', from, until: endOf(incident, closedAt), ...reach, tier: null }];
  const [, tier = null] = scope === 'tier' ? key.split(' ') : [];
  if (cause !== 'throttled') return [];
  return [{ kind: 'throttle', from, until: Math.max(closedAt, from + LENGTH_MS_MIN), ...reach, tier }];
}

/** It ended between the last attempt that failed and the first behind it that did not: nobody knows better than the middle. */
function endOf({ attempts, openedAt }: Incident, closedAt: number): number {
  const shut = attempts.findLast(({ outcome }) => outcome === 'failed')?.at ?? openedAt.wall;
  const open = attempts.find(({ outcome, at }) => outcome === 'recovered' && at >= shut)?.at ?? closedAt;
  return Math.max(openedAt.wall + LENGTH_MS_MIN, Math.round((shut + Math.max(shut, open)) / 2));
}
