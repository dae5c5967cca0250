import type { Action } from './action.ts';
import { asked, noticed } from './acting.ts';
import { chosenAgent } from './chosen-agent.ts';
import { openAgent, openIncidents, openLogs } from './opening.ts';
import { kindOf } from './kinds.ts';
import { still, type Model, type Step, type View } from './model.ts';
import { emptyPrompt } from './prompt.ts';
import { popped, pushed, withTop, type Binding } from './view.ts';
import { fleetView } from './views/fleet.ts';

const withAgent = (model: Model, use: (name: string) => Step): Step => {
  const agent = chosenAgent(model);
  return agent === null ? noAgent(model) : use(agent.row.name);
};

/** A key that is pressed is answered, also where there is nobody whom it could be about. */
const noAgent = (model: Model): Step =>
  still(noticed(model, 'No agent is chosen here; Esc leads back to them.', 'warn'));

const doing =
  (actionOf: (name: string) => Action): Binding<View>['press'] =>
  (model) =>
    withAgent(model, (name) => asked(model, actionOf(name)));

/** Keys that mean the same wherever a view does not take them for itself. */
export const COMMON_KEYS: readonly Binding<View>[] = [
  {
    keys: ['enter'],
    does: 'everything about the agent',
    foot: 'detail',
    needsAgent: true,
    idleIn: ['agent'],
    press: (model) => withAgent(model, (name) => openAgent(model, name)),
  },
  {
    keys: ['l'],
    does: 'its conversation',
    foot: 'logs',
    needsAgent: true,
    idleIn: ['logs'],
    press: (model) => withAgent(model, (name) => openLogs(model, name)),
  },
  { keys: ['i'], does: 'incidents and credentials', foot: 'incidents', idleIn: ['incidents'], press: openIncidents },
  {
    keys: ['r'],
    does: 'restart it: interrupt the turn, keep the conversation, finish the turn',
    foot: 'restart',
    acts: true,
    needsAgent: true,
    press: doing((name) => ({ verb: 'restart', targets: [name], how: 'interrupt' })),
  },
  {
    keys: ['R'],
    does: 'restart it when its turn has ended',
    acts: true,
    press: doing((name) => ({ verb: 'restart', targets: [name], how: 'after-turn' })),
  },
  {
    keys: ['s'],
    does: 'start it',
    foot: 'start',
    acts: true,
    needsAgent: true,
    press: doing((name) => ({ verb: 'start', targets: [name] })),
  },
  {
    keys: ['x'],
    does: 'stop it with everything it started',
    foot: 'stop',
    acts: true,
    needsAgent: true,
    press: doing((name) => ({ verb: 'stop', targets: [name] })),
  },
  {
    keys: ['X'],
    does: 'delete it: stop it and forget it',
    acts: true,
    press: doing((name) => ({ verb: 'delete', targets: [name] })),
  },
  {
    keys: ['p'],
    does: 'pause it, or resume it: paused, no decision is made for it',
    foot: 'pause',
    acts: true,
    needsAgent: true,
    press: pauseOrResume,
  },
  {
    keys: ['0'],
    does: 'let its counters and schedules begin anew',
    acts: true,
    press: doing((name) => ({ verb: 'reset', targets: [name] })),
  },
  {
    keys: ['m'],
    does: 'send it a message',
    foot: 'message',
    acts: true,
    needsAgent: true,
    press: (model) => withAgent(model, (name) => still({ ...model, prompt: emptyPrompt('message', name) })),
  },
  {
    keys: [':'],
    does: 'a command, with completion by Tab',
    foot: 'command',
    press: (model) => still({ ...model, prompt: emptyPrompt('command') }),
  },
  { keys: ['tab'], does: 'between agents and incidents, or between an agent and its conversation', press: nextView },
  {
    keys: ['z'],
    does: 'the whole height for the view, and back',
    press: (model) => still({ ...model, zoomed: !model.zoomed }),
  },
  { keys: ['esc'], does: 'back', press: back },
  { keys: ['ctrl-l'], does: 'paint the screen anew', press: (model) => ({ model, effects: [{ type: 'repaint' }] }) },
  {
    keys: ['ctrl-z'],
    does: 'to the shell; fg comes back',
    press: (model) => ({ model, effects: [{ type: 'suspend' }] }),
  },
  { keys: ['?'], does: 'all keys', foot: 'help', idleIn: ['help'], press: openHelp },
  {
    keys: ['q', 'ctrl-c'],
    does: 'leave; the agents keep running',
    foot: 'quit',
    press: (model) => ({ model, effects: [{ type: 'quit' }] }),
  },
];

export function openHelp(model: Model, view: View): Step {
  if (view.at === 'help') return still(model);
  const kind = kindOf(view);
  const sections = [
    { title: `Here (${kind.title(view)})`, keys: kind.keymap.map(keysOf) },
    { title: 'Everywhere', keys: COMMON_KEYS.map(keysOf) },
  ];
  return still(pushed(model, { at: 'help', top: 0, sections }));
}

const keysOf = ({ keys, does }: Pick<Binding<View>, 'keys' | 'does'>): { keys: readonly string[]; does: string } => ({
  keys,
  does,
});

function pauseOrResume(model: Model): Step {
  const agent = chosenAgent(model);
  if (agent === null) return noAgent(model);
  return asked(model, { verb: agent.row.paused ? 'resume' : 'pause', targets: [agent.row.name] });
}

/** Back to the view below; in the table, to all agents. */
function back(model: Model): Step {
  if (model.zoomed) return still({ ...model, zoomed: false });
  if (model.views.length > 1) return popped(model);
  const [fleet] = model.views;
  return still(withTop(model, { ...fleetView, selected: fleet.selected }));
}

function nextView(model: Model, view: View): Step {
  switch (view.at) {
    case 'fleet':
      return openIncidents(model);
    case 'incidents':
    case 'incident':
    case 'help':
      return popped(model);
    case 'agent':
      return afterBack(model, (below) => openLogs(below, view.name));
    case 'logs':
      return afterBack(model, (below) => openAgent(below, view.name));
  }
}

function afterBack(model: Model, open: (below: Model) => Step): Step {
  const below = popped(model);
  const opened = open(below.model);
  return { model: opened.model, effects: [...below.effects, ...opened.effects] };
}
