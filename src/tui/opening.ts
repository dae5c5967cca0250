import { still, topView, type Effect, type Model, type Step } from './model.ts';
import { pushed } from './view.ts';
import { agentView } from './views/agent.ts';
import { incidentsView } from './views/incidents.ts';
import { logsView } from './views/logs.ts';

/** Each opens a view and asks for what it needs; what is open already stays. */

export function openAgent(model: Model, name: string): Step {
  const top = topView(model);
  if (top.at === 'agent' && top.name === name) return still(model);
  const effects: readonly Effect[] = [{ type: 'read-agent', name }];
  return { model: pushed(model, agentView(name)), effects };
}

export function openLogs(model: Model, name: string): Step {
  const top = topView(model);
  if (top.at === 'logs' && top.name === name) return still(model);
  return { model: pushed(model, logsView(name)), effects: [{ type: 'open-log', name, run: null, raw: false }] };
}

export function openIncidents(model: Model): Step {
  if (topView(model).at === 'incidents') return still(model);
  return { model: pushed(model, incidentsView()), effects: [{ type: 'read-incidents' }] };
}
