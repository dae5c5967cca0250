import { toEventRow } from '../home/records.ts';
import { boardAgent, type Board, type BoardAgent, type BoardChange } from '../protocol/board.ts';
import { credentialStates } from '../protocol/credential-row.ts';
import type { AgentRow, EventRow, IncidentRow } from '../protocol/rows.ts';
import { incidentRow, noUsage, type Usage } from '../protocol/views.ts';
import { changedAgents, removedAgents } from './changed-agents.ts';
import type { Connection } from './connection.ts';
import type { DaemonContext } from './context.ts';
import type { Change } from './engine.ts';
import { status } from './queries.ts';

/** What happens within this time is told at once: a screen draws ten frames a second at most. */
const GATHER_MS = 100;
/** How often screens are told what processes use. */
const USAGE_MS = 2_000;
/** Events of one such time; the history has them all. */
const EVENTS_MAX = 500;

/** Pushes to screens what they show. While nobody watches, nothing is gathered. */
export class BoardPublisher {
  readonly #context: DaemonContext;
  readonly #subscribers = new Set<Connection>();
  readonly #changed = new Set<string>();
  readonly #removed = new Set<string>();
  readonly #incidents = new Map<string, IncidentRow>();
  #events: EventRow[] = [];
  #usage: ReadonlyMap<string, Usage> = new Map();
  /** As last told, so that what has not changed is not told again. */
  #told = { credentials: '', status: '' };
  #cancelFlush: (() => void) | null = null;
  #cancelMeasure: (() => void) | null = null;
  #unwatch: (() => void) | null = null;

  constructor(context: DaemonContext) {
    this.#context = context;
  }

  /** What is; what changes from this very state on follows behind the answer. */
  async add(connection: Connection): Promise<Board> {
    const { engine, clock } = this.#context;
    connection.holdBack();
    this.#subscribe(connection);
    // What others were told last is not what this one knows.
    this.#told = { credentials: '', status: '' };
    // Others hear of what was measured for this one, too: it is not measured as changed again.
    this.#tell(this.#measured(await this.#context.rows(engine.fleet)));
    const { fleet } = engine;
    const now = clock.now();
    return {
      agents: Object.values(fleet.agents)
        .toSorted((one, other) => one.id - other.id)
        .map((agent) => boardAgent(fleet, agent, now, this.#used(agent.spec.name), this.#context.degraded())),
      incidents: Object.values(fleet.incidents).map(incidentRow),
      credentials: credentialStates(fleet, now.wall),
      status: await status(this.#context),
    };
  }

  #subscribe(connection: Connection): void {
    if (connection.gone.aborted || this.#subscribers.has(connection)) return;
    this.#subscribers.add(connection);
    this.#unwatch ??= this.#context.engine.watch((change) => this.#gather(change));
    this.#cancelMeasure ??= this.#context.clock.after(USAGE_MS, () => this.#later(this.#measure()));
    connection.gone.addEventListener('abort', () => this.#remove(connection));
  }

  #remove(connection: Connection): void {
    this.#subscribers.delete(connection);
    if (this.#subscribers.size > 0) return;
    for (const cancel of [this.#unwatch, this.#cancelFlush, this.#cancelMeasure]) cancel?.();
    this.#unwatch = this.#cancelFlush = this.#cancelMeasure = null;
    this.#forget();
  }

  #gather(change: Change): void {
    for (const name of removedAgents(change)) {
      this.#removed.add(name);
      this.#changed.delete(name);
    }
    for (const { spec } of changedAgents(change)) {
      this.#changed.add(spec.name);
      this.#removed.delete(spec.name);
    }
    for (const command of change.commands) {
      if (command.type === 'record') this.#events.push(toEventRow(command));
      if (command.type === 'file-incident') this.#incidents.set(command.incident.id, incidentRow(command.incident));
    }
    this.#events = this.#events.slice(-EVENTS_MAX);
    this.#cancelFlush ??= this.#context.clock.after(GATHER_MS, () => this.#later(this.#flush()));
  }

  async #flush(): Promise<void> {
    this.#cancelFlush = null;
    const agents = this.#agents([...this.#changed]);
    const gathered: BoardChange = {
      ...(agents.length > 0 ? { agents } : {}),
      ...(this.#removed.size > 0 ? { removed: [...this.#removed] } : {}),
      ...(this.#incidents.size > 0 ? { incidents: [...this.#incidents.values()] } : {}),
      ...(this.#events.length > 0 ? { events: this.#events } : {}),
    };
    this.#forget();
    this.#tell({ ...gathered, ...(await this.#whole()) });
  }

  #agents(names: readonly string[]): readonly BoardAgent[] {
    const { engine, clock } = this.#context;
    const now = clock.now();
    return names.flatMap((name) => {
      const agent = engine.fleet.agents[name];
      return agent === undefined
        ? []
        : [boardAgent(engine.fleet, agent, now, this.#used(name), this.#context.degraded())];
    });
  }

  async #measure(): Promise<void> {
    const armed = this.#cancelMeasure;
    try {
      const usage = this.#measured(await this.#context.rows(this.#context.engine.fleet));
      this.#tell({ ...usage, ...(await this.#whole()) });
    } finally {
      // Unless everybody has left meanwhile; somebody else may have come then, with a timer of their own.
      if (this.#cancelMeasure === armed && armed !== null)
        this.#cancelMeasure = this.#context.clock.after(USAGE_MS, () => this.#later(this.#measure()));
    }
  }

  /** What processes use now, of those that use visibly more or less than was told last. */
  #measured(rows: readonly AgentRow[]): BoardChange {
    const before = this.#usage;
    this.#usage = usageOf(rows);
    const moved = [...this.#usage].filter(([name, used]) => !isSameUsage(before.get(name), used));
    return moved.length > 0 ? { usage: Object.fromEntries(moved) } : {};
  }

  /** What is told whole, if it has changed: an end that comes nearer is no step of the kernel. */
  async #whole(): Promise<BoardChange> {
    const credentials = credentialStates(this.#context.engine.fleet, this.#context.clock.now().wall);
    const now = await status(this.#context);
    const told = {
      credentials: JSON.stringify(credentials),
      // Those that change all the time are no news by themselves.
      status: JSON.stringify({ ...now, uptimeMs: 0, rss: 0 }),
    };
    const change: BoardChange = {
      ...(told.credentials === this.#told.credentials ? {} : { credentials }),
      ...(told.status === this.#told.status ? {} : { status: now }),
    };
    this.#told = told;
    return change;
  }

  /** The next time may do better; whoever watches still has what it was told. */
  #later(told: Promise<void>): void {
    told.catch((error: unknown) => this.#context.complain('board', error));
  }

  #tell(change: BoardChange): void {
    if (Object.keys(change).length === 0) return;
    for (const subscriber of this.#subscribers) subscriber.notify({ method: 'board', params: change });
  }

  #forget(): void {
    this.#changed.clear();
    this.#removed.clear();
    this.#incidents.clear();
    this.#events = [];
  }

  #used(name: string): Usage {
    return this.#usage.get(name) ?? noUsage;
  }
}

const usageOf = (rows: readonly AgentRow[]): ReadonlyMap<string, Usage> =>
  new Map(rows.map(({ name, cpu, rss }) => [name, { cpu, rss }]));

const MB = 1024 * 1024;
const rounded = (number: number | null, unit: number): number | null =>
  number === null ? null : Math.round(number / unit);

/** As far as anybody could see. */
const isSameUsage = (one: Usage | undefined, other: Usage): boolean =>
  one !== undefined && rounded(one.cpu, 1) === rounded(other.cpu, 1) && rounded(one.rss, MB) === rounded(other.rss, MB);
