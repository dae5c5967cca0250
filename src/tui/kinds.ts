import type { View } from './model.ts';
import type { ViewKind } from './view.ts';
import { agentKind } from './views/agent.ts';
import { fleetKind } from './views/fleet.ts';
import { helpKind } from './views/help.ts';
import { incidentKind } from './views/incident.ts';
import { incidentsKind } from './views/incidents.ts';
import { logsKind } from './views/logs.ts';

type Kinds = { readonly [At in View['at']]: ViewKind<Extract<View, { readonly at: At }>> };

const KINDS: Kinds = {
  fleet: fleetKind,
  agent: agentKind,
  incidents: incidentsKind,
  incident: incidentKind,
  logs: logsKind,
  help: helpKind,
};

/** The compiler cannot follow that a view's own kind takes it: the one cast. */
export const kindOf = <V extends View>(view: V): ViewKind<V> => KINDS[view.at] as unknown as ViewKind<V>;
