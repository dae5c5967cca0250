import { type Effect, type Model, type Step } from './model.ts';
import { pushed, returned } from './view.ts';
import { agentView } from './views/agent.ts';
import { incidentsView } from './views/incidents.ts';
import { logsView } from './views/logs.ts';

/** Each opens a view and asks for what it needs; to one that lies below it goes back. */

export function openAgent(model: Model, name: string): Step {
  const below = returned(model, (view) => view.at === 'agent' && view.name === name);
  if (below !== null) return below;
  const effects: readonly Effect[] = [{ type: 'read-agent', name }];
  return { model: pushed(model, agentView(name)), effects };
}

export function openLogs(model: Model, name: string): Step {
  const below = returned(model, (view) => view.at === 'logs' && view.name === name);
  if (below !== null) return below;
  return { model: pushed(model, logsView(name)), effects: [{ type: 'open-log', name, run: null, raw: false }] };
}

export function openIncidents(model: Model): Step {
  const below = returned(model, ({ at }) => at === 'incidents');
  if (below !== null) return below;
  return { model: pushed(model, incidentsView()), effects: [{ type: 'read-incidents' }] };
}
