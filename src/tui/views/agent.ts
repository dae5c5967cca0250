import type { AgentView } from '../model.ts';
import { line } from '../line.ts';
import { hearsNothing, type ViewKind } from '../view.ts';
export const agentKind: ViewKind<AgentView> = {
  title: () => 'agent',
  keymap: [],
  lines: () => [line('not yet')],
  hear: hearsNothing,
};
export const agentView = (name: string): AgentView => ({ at: 'agent', name, top: 0, description: null, history: null });
