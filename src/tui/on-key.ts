import { asked, begun, noticed } from './acting.ts';
import { namespacesOf } from './chosen.ts';
import { chosenAgent } from './chosen-agent.ts';
import { COMMON_KEYS, openHelp } from './common-keys.ts';
import { completed, completions, parseCommand, type Asked } from './commands.ts';
import { isAlt, type Key } from './key.ts';
import { kindOf } from './kinds.ts';
import { still, topView, type Model, type Prompt, type Step, type View } from './model.ts';
import { openAgent, openIncidents, openLogs } from './opening.ts';
import { edited, insertText } from './prompt.ts';
import { backTo, type Binding } from './view.ts';
import { searched } from './views/log-find.ts';

/** A question takes the next key, then a line that is typed, then the view, then what means the same everywhere. */
export function onKey(model: Model, key: Key): Step {
  if (model.confirm !== null) return onConfirm(model, model.confirm, key);
  if (model.prompt !== null) return onPrompt(model, model.prompt, key);
  return onViewKey(model, topView(model), key);
}

/** Only a line that is typed takes what is pasted: it must not press keys. */
export function onPaste(model: Model, text: string): Step {
  if (model.prompt === null || model.confirm !== null) return still(model);
  return typedInto(model, insertText(model.prompt, text));
}

function onViewKey(model: Model, view: View, key: Key): Step {
  // Escape and what was typed right behind it: the second one was meant for another view, and may act on another agent.
  if (isAlt(key)) return onViewKey(model, view, 'esc');
  const own = kindOf<View>(view).keymap.find(({ keys }) => keys.includes(key));
  if (own !== undefined) return pressed(model, view, own);
  const common = COMMON_KEYS.find(({ keys }) => keys.includes(key));
  return common === undefined ? still(model) : pressed<View>(model, view, common);
}

function pressed<V extends View>(model: Model, view: V, { acts, press }: Binding<V>): Step {
  if (acts === true && model.readonly) return still(noticed(model, 'Nothing is changed here (--readonly).', 'warn'));
  return press(model, view);
}

/** Only a clear yes is one. */
function onConfirm(model: Model, { action }: NonNullable<Model['confirm']>, key: Key): Step {
  if (key === 'y' || key === 'Y') return begun(model, action);
  return still(noticed({ ...model, confirm: null }, 'Nothing was done.', 'info'));
}

function onPrompt(model: Model, prompt: Prompt, key: Key): Step {
  if (key === 'esc' || key === 'ctrl-c') return still(left(model, prompt));
  if (key === 'enter') return entered({ ...model, prompt: null }, prompt);
  if (key === 'tab' && prompt.kind === 'command') {
    const text = completed(prompt.text, completions(prompt.text, known(model)));
    return still({ ...model, prompt: { ...prompt, text, cursor: text.length } });
  }
  // An emptied command line is left, as in an editor.
  if (key === 'backspace' && prompt.text === '' && prompt.kind !== 'message') return still(left(model, prompt));
  const next = edited(prompt, key);
  return next === null ? still(model) : typedInto(model, next);
}

/** The table follows while a filter is typed. */
function typedInto(model: Model, prompt: Prompt): Step {
  const typed: Model = { ...model, prompt };
  return still(prompt.kind === 'filter' ? filtered(typed, prompt.text) : typed);
}

/** A filter that is given up is no filter. */
const left = (model: Model, { kind }: Prompt): Model => {
  const without: Model = { ...model, prompt: null };
  return kind === 'filter' ? filtered(without, '') : without;
};

function entered(model: Model, { kind, text, agent }: Prompt): Step {
  switch (kind) {
    case 'filter':
      return still(filtered(model, text));
    case 'search': {
      const view = topView(model);
      return view.at === 'logs' ? searched(model, view, text) : still(model);
    }
    case 'message': {
      if (agent === null || text.trim() === '') return still(noticed(model, 'An empty message is not sent.', 'warn'));
      return asked(model, { verb: 'send', targets: [agent], text });
    }
    case 'command':
      return text.trim() === ''
        ? still(model)
        : commanded(model, parseCommand(text, chosenAgent(model)?.row.name ?? null));
  }
}

function commanded(model: Model, command: Asked): Step {
  switch (command.ask) {
    case 'wrong':
      return still(noticed(model, command.why, 'bad'));
    case 'act':
      return asked(model, command.action);
    case 'quit':
      return { model, effects: [{ type: 'quit' }] };
    case 'filter':
      return inFleet(model, (shown) => filtered(shown, command.text));
    case 'namespace':
      return inFleet(model, (shown) => withFleet(shown, { namespace: command.name }));
    case 'sort':
      return inFleet(model, (shown) => withFleet(shown, { sort: command.by, reversed: false }));
    case 'open':
      return opened(model, command);
  }
}

function opened(model: Model, command: Extract<Asked, { ask: 'open' }>): Step {
  switch (command.view) {
    case 'fleet':
      return backTo(model, 1);
    case 'help':
      return openHelp(model, topView(model));
    case 'incidents':
      return openIncidents(model);
    case 'agent':
    case 'logs': {
      const { name } = command;
      const isKnown = model.fleet?.agents.some(({ row }) => row.name === name) ?? false;
      if (!isKnown) return still(noticed(model, `There is no agent ${name}.`, 'bad'));
      return command.view === 'logs' ? openLogs(model, name) : openAgent(model, name);
    }
  }
}

const withFleet = (model: Model, change: Partial<Model['views'][0]>): Model => {
  const [fleet, ...rest] = model.views;
  return { ...model, views: [{ ...fleet, ...change }, ...rest] };
};

const filtered = (model: Model, filter: string): Model => withFleet(model, { filter });

function inFleet(before: Model, change: (model: Model) => Model): Step {
  const { model, effects } = backTo(before, 1);
  return { model: change(model), effects };
}

const known = (model: Model): Parameters<typeof completions>[1] => ({
  agents: (model.fleet?.agents ?? []).map(({ row }) => row.name),
  namespaces: namespacesOf(model),
});
