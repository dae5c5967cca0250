import type { BoardAgent } from '../protocol/board.ts';
import { selectedAgent } from './chosen.ts';
import { topView, type Model } from './model.ts';

/** The agent that a key is about: that of the view, in the table the selected one. */
export function chosenAgent(model: Model): BoardAgent | null {
  const view = topView(model);
  switch (view.at) {
    case 'fleet':
      return selectedAgent(model, view);
    case 'agent':
    case 'logs':
      return model.fleet?.agents.find(({ row }) => row.name === view.name) ?? null;
    case 'incidents':
    case 'incident':
    case 'help':
      return null;
  }
}
