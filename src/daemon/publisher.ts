import type { Command } from '../kernel/commands.ts';
import { toEventRow } from '../home/records.ts';
import type { Notification } from '../protocol/api.ts';
import type { AgentRow } from '../protocol/rows.ts';
import { agentRow, incidentRow, noUsage } from '../protocol/views.ts';
import { changedAgents, removedAgents } from './changed-agents.ts';
import type { Connection } from './connection.ts';
import type { DaemonContext } from './context.ts';
import type { Change } from './engine.ts';

/** Tells every subscriber what changed; one that does not read is never waited for. */
export class Publisher {
  readonly #context: DaemonContext;
  readonly #subscribers = new Set<Connection>();
  #stop: (() => void) | null = null;

  constructor(context: DaemonContext) {
    this.#context = context;
  }

  add(connection: Connection): void {
    if (connection.gone.aborted || this.#subscribers.has(connection)) return;
    this.#subscribers.add(connection);
    this.#stop ??= this.#context.engine.watch((change) => this.#publish(change));
    connection.gone.addEventListener('abort', () => this.#remove(connection));
  }

  #remove(connection: Connection): void {
    this.#subscribers.delete(connection);
    if (this.#subscribers.size > 0) return;
    this.#stop?.();
    this.#stop = null;
  }

  #publish(change: Change): void {
    const notifications: readonly Notification[] = [
      ...this.#changedRows(change).map((params) => ({ method: 'agent' as const, params })),
      ...removedAgents(change).map((name) => ({ method: 'agent-removed' as const, params: { name } })),
      ...change.commands.flatMap(notificationOf),
    ];
    for (const subscriber of this.#subscribers) notifications.forEach((each) => subscriber.notify(each));
  }

  #changedRows(change: Change): readonly AgentRow[] {
    const now = this.#context.clock.now();
    const degraded = this.#context.degraded();
    return changedAgents(change).map((agent) => agentRow(change.after, agent, now, noUsage, degraded));
  }
}

function notificationOf(command: Command): readonly Notification[] {
  if (command.type === 'record') return [{ method: 'event', params: toEventRow(command) }];
  if (command.type === 'file-incident') return [{ method: 'incident', params: incidentRow(command.incident) }];
  return [];
}
