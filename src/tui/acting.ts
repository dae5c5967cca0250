import type { AgentResult } from '../protocol/api.ts';
import { count, listed } from '../wording/count.ts';
import { actionText, type Action } from './action.ts';
import { still, type Model, type Notice, type Step } from './model.ts';
import type { Tone } from './line.ts';

const NOTICE_MS = 6_000;
/** What went wrong must not be gone before it is read. */
const TROUBLE_MS = 20_000;

/** An action is shown at once, asked about if it destroys, and refused where nothing may be changed. */
export function asked(model: Model, action: Action): Step {
  const refusal = refusalOf(model);
  if (refusal !== null) return still(noticed(model, refusal, 'warn'));
  const question = questionOf(model, action);
  if (question !== null) return still({ ...model, confirm: { action, question } });
  return begun(model, action);
}

/** It was confirmed, or needs no word. */
export function begun(model: Model, action: Action): Step {
  const pending = [...model.pending, { action, since: model.now }];
  return { model: { ...model, pending, confirm: null, notice: null }, effects: [{ type: 'act', action }] };
}

/** What a pending action came to. */
export function ended(model: Model, action: Action, results: readonly AgentResult[]): Model {
  const wrong = results.filter(({ ok }) => !ok);
  const done = settled(model, action);
  if (results.length === 0) return noticed(done, `${actionText(action)}: no such agent`, 'bad');
  if (wrong.length === 0) return noticed(done, listed(results.map(({ name, change }) => `${name} ${change}`)), 'good');
  return noticed(
    done,
    listed(wrong.map(({ name, change, detail }) => `${name} ${detail === '' ? change : `${change}: ${detail}`}`)),
    'bad',
  );
}

export function refused(model: Model, action: Action | null, why: string): Model {
  const done = action === null ? model : settled(model, action);
  return noticed(done, action === null ? why : `${actionText(action)}: ${why}`, 'bad');
}

export function sent(model: Model, action: Action, id: string): Model {
  return noticed(
    settled(model, action),
    `message ${id.slice(0, 8)} for ${action.targets.join(' ')} is on the disk; l shows the answer`,
    'good',
  );
}

export function noticed(model: Model, text: string, tone: Tone): Model {
  const notice: Notice = { text, tone, until: model.now + (tone === 'bad' ? TROUBLE_MS : NOTICE_MS) };
  return { ...model, notice };
}

const settled = (model: Model, action: Action): Model => ({
  ...model,
  pending: model.pending.filter((each) => each.action !== action),
});

function refusalOf({ readonly, link }: Model): string | null {
  if (readonly) return 'Nothing is changed here (--readonly).';
  switch (link.at) {
    case 'live':
      return null;
    case 'connecting':
      return 'Not connected to the daemon yet.';
    case 'lost':
      return 'The daemon is away; nothing can be done until it is back.';
    case 'offline':
      return 'The daemon is not running; bring it back: agentvisor resurrect';
  }
}

/** Asked before what cannot be taken back, and before what ends the work of many. */
function questionOf({ fleet }: Model, { verb, targets }: Action): string | null {
  const whom = targets.join(' ');
  if (verb === 'delete') return `Delete ${whom}: it is stopped and forgotten, its logs are removed?`;
  const isMany = targets.length > 1 || targets.some((target) => /[*?:]|^all$/.test(target));
  if (!isMany || (verb !== 'stop' && verb !== 'restart')) return null;
  const many = targets.includes('all') ? ` (${count(fleet?.agents.length ?? 0, 'agent')})` : '';
  return `${verb === 'stop' ? 'Stop' : 'Restart'} ${whom}${many}?`;
}
