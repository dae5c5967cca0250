import { selectedAgent } from './chosen.ts';
import { changedFleet } from './fleet-state.ts';
import { ended, noticed, refused, sent } from './acting.ts';
import { onKey, onPaste } from './on-key.ts';
import type { Effect, FleetView, Message, Model, Step, View } from './model.ts';
import { kindOf } from './kinds.ts';
import { latest } from './latest.ts';

/**
 * What the screen becomes after something has happened, and what it asks of the world. Pure: `now` is the wall clock in
 * ms since the epoch.
 */
export function update(before: Model, message: Message, now: number): Step {
  const model: Model = {
    ...(CHANGES_ROWS.has(message.type) ? withChosen(before, now) : before),
    now,
    notice: before.notice !== null && before.notice.until <= now ? null : before.notice,
  };
  switch (message.type) {
    case 'key':
      return onKey({ ...model, touchedAt: now }, message.key);
    case 'pasted':
      return onPaste(model, message.text);
    case 'resized':
      return heard({ ...model, size: message.size }, message);
    case 'tick':
      return { model, effects: [] };
    case 'board':
      return withEvents(
        heard(isBack(before, { ...model, link: { at: 'live' }, fleet: withClosed(model, message.fleet) }), message),
      );
    case 'changed':
      if (model.fleet === null) return { model, effects: [] };
      return heard(
        {
          ...model,
          fleet: changedFleet(model.fleet, message.change),
          events: latest(model.events, message.change.events),
        },
        message,
      );
    case 'offline':
      return withEvents(
        heard({ ...model, link: { at: 'offline', alive: message.alive }, fleet: message.fleet }, message),
      );
    case 'lost':
      return { model: awayFrom(model, message.why), effects: [] };
    case 'acted':
      return { model: ended(model, message.action, message.results), effects: [] };
    case 'sent':
      return { model: sent(model, message.action, message.id), effects: [] };
    case 'refused':
      return { model: refused(model, message.action, message.why), effects: [] };
    case 'events-read':
      return { model: { ...model, events: latest(message.events, []) }, effects: [] };
    case 'agent-read':
    case 'incidents-read':
    case 'log-read':
    case 'log-grew':
      return heard(model, message);
  }
}

/** What happened before this screen looked stands in the history. */
const withEvents = ({ model, effects }: Step): Step => ({ model, effects: [...effects, { type: 'read-events' }] });

/** Nobody is about to press a key who has not pressed one for so long. */
const ALONE_MS = 5 * 60_000;

const CHANGES_ROWS: ReadonlySet<Message['type']> = new Set(['board', 'changed', 'offline']);

/** Who was shown as chosen stays chosen when the rows change their order: the next key must not meet another agent. */
function withChosen(model: Model, now: number): Model {
  const [fleet, ...rest] = model.views;
  // On a wall, or after a night: whoever is in trouble now must not stand beyond the edge because of one who was.
  if (now - model.touchedAt > ALONE_MS) return { ...model, views: [{ ...fleet, selected: null }, ...rest] };
  const chosen = selectedAgent(model, fleet);
  if (chosen === null || chosen.row.name === fleet.selected) return model;
  return { ...model, views: [{ ...fleet, selected: chosen.row.name }, ...rest] };
}

/** Every view may take what has come: the one below shall be right when it is shown again. */
function heard(model: Model, message: Message): Step {
  const effects: Effect[] = [];
  const hear = <V extends View>(view: V): V => {
    const said = kindOf(view).hear(model, view, message);
    effects.push(...said.effects);
    return said.view;
  };
  const [first, ...rest] = model.views;
  const fleet: FleetView = hear(first);
  return { model: { ...model, views: [fleet, ...rest.map(hear)] }, effects };
}

/** A new daemon's snapshot has the open incidents only; those that this screen saw closing stay. */
const withClosed = ({ fleet }: Model, next: NonNullable<Model['fleet']>): NonNullable<Model['fleet']> => {
  const open = new Set(next.incidents.map(({ id }) => id));
  const closed = (fleet?.incidents ?? []).filter(({ id, closedAt }) => closedAt !== null && !open.has(id));
  return { ...next, incidents: [...closed, ...next.incidents] };
};

/** Whoever watches shall see that it is over. */
const isBack = (before: Model, model: Model): Model =>
  before.link.at === 'lost' || before.link.at === 'offline' ? noticed(model, 'The daemon is back.', 'good') : model;

/** What was under way may or may not have been done; its answer will not come. */
function awayFrom(model: Model, why: string): Model {
  const since = model.link.at === 'lost' ? model.link.since : model.now;
  const away: Model = { ...model, pending: [], link: { at: 'lost', since, why } };
  return model.pending.length === 0
    ? away
    : noticed(away, 'The daemon went away before it answered; look what was done.', 'bad');
}
