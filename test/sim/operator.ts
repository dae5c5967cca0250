import type { Handle } from '../../src/daemon/connection.ts';
import type { Method } from '../../src/protocol/api.ts';
import { AgentvisorError } from '../../src/protocol/errors.ts';
import { CAST, CREDENTIALS, SECRETS } from './cast.ts';
import type { Machine } from './os/machine.ts';

/** acked: the daemon said that it has it · unsure: nobody has said anything · refused: it was told that it is not taken. */
export type Sent = {
  readonly agent: string;
  readonly id: string;
  state: 'unsure' | 'acked' | 'refused';
  asks: number;
  isExcused: boolean;
};

/** isOpen: it depends on what became of something that nobody answered. */
export type Wanted = { is: 'up' | 'down' | 'gone'; isSure: boolean; readonly isOpen: boolean };

type Connection = Parameters<Handle>[2];

/** Nobody hangs up before the daemon does. */
const NEVER = { aborted: false, addEventListener: () => undefined, removeEventListener: () => undefined };
const CONNECTION = { gone: NEVER, holdBack: () => undefined, notify: () => undefined } as unknown as Connection;

/** Who asks things of the daemon, and remembers what it was told. */
export class Operator {
  readonly sent: Sent[] = [];
  readonly wanted = new Map<string, Wanted>();
  /** Verbs that have no answer yet. */
  open = 0;
  handle: Handle | null = null;
  readonly #box: Machine;
  readonly #agents: readonly string[];

  constructor(box: Machine, agents: readonly string[]) {
    this.#box = box;
    this.#agents = agents;
  }

  /** Whoever waits for an answer of the dead daemon does not get one. */
  daemonGone(): void {
    this.handle = null;
    this.open = 0;
  }

  apply(agents: readonly string[] = this.#agents): void {
    if (this.handle === null) return;
    const wanted = agents.map((name) => this.#want(name, 'up'));
    const params = {
      file: '/home/ecosystem.ts',
      agents: CAST.filter(({ name }) => agents.includes(name)),
      credentials: CREDENTIALS,
      notify: [],
      environment: { PATH: '/bin', HOME: '/home' },
      secrets: SECRETS,
      prune: false,
    };
    this.#ask('apply', params, () => wanted.forEach(settle));
  }

  desire(method: 'start' | 'stop' | 'delete', name: string): void {
    const is = method === 'start' ? 'up' : method === 'stop' ? 'down' : 'gone';
    if (this.handle === null) return;
    const wanted = this.#want(name, is);
    if (is === 'gone') for (const sent of this.sent) sent.isExcused ||= sent.agent === name;
    this.#ask(
      method,
      { targets: [name] },
      () => settle(wanted),
      // Nothing was done, so nothing is known to be wanted.
      () => {
        if (this.wanted.get(name) === wanted) this.wanted.delete(name);
      },
    );
  }

  restart(name: string, how: 'interrupt' | 'now' | 'after-turn'): void {
    if (this.handle === null) return;
    const wanted = this.#want(name, 'up');
    this.#ask('restart', { targets: [name], how, reason: null }, () => settle(wanted));
  }

  tell(
    method: Extract<Method, 'save' | 'flush' | 'reset' | 'list' | 'status' | 'explain'>,
    targets: readonly string[],
  ): void {
    this.#ask(method, method === 'save' || method === 'status' ? {} : { targets }, () => undefined);
  }

  pause(name: string, paused: boolean): void {
    this.#ask('pause', { targets: [name], paused }, () => undefined);
  }

  send(agent: string, length: number): void {
    const id = `${this.#box.random.uuid().slice(0, 32)}0000`;
    const sent: Sent = { agent, id, state: 'unsure', asks: 0, isExcused: false };
    this.sent.push(sent);
    this.#post(sent, length);
  }

  /** Who got no answer asks once more with the same id. */
  sendAgain(): void {
    const sent = this.sent.findLast(({ state, isExcused }) => state === 'unsure' && !isExcused);
    if (sent !== undefined) this.#post(sent, 0);
  }

  #post(sent: Sent, length: number): void {
    sent.asks += 1;
    const text = `question ${sent.id} ${'?'.repeat(length)}`;
    this.#ask(
      'send',
      { agent: sent.agent, text, id: sent.id },
      () => {
        this.#box.note(() => `${sent.id} is taken`);
        sent.state = 'acked';
      },
      (error) => {
        // "It was taken, but is forgotten should the daemon end now" leaves it open.
        if (sent.state === 'unsure' && sent.asks === 1 && !error.message.startsWith('It was taken'))
          sent.state = 'refused';
      },
    );
  }

  #want(name: string, is: Wanted['is']): Wanted {
    const before = this.wanted.get(name);
    // Who is being deleted and is stopped is deleted.
    const isGoing = is === 'down' && before?.is === 'gone';
    const isOpen = isGoing && !before.isSure;
    const wanted: Wanted = { is: isGoing ? 'gone' : is, isSure: false, isOpen };
    this.wanted.set(name, wanted);
    return wanted;
  }

  #ask(
    method: Method,
    params: unknown,
    done: () => void,
    refused: (error: AgentvisorError) => void = () => undefined,
  ): void {
    const { handle } = this;
    const { daemon } = this.#box;
    if (handle === null) return;
    const isThere = (): boolean => this.#box.isDaemonAlive && this.#box.daemon === daemon;
    this.open += 1;
    this.#box.note(() => `asked: ${method} ${JSON.stringify(params).slice(0, 90)}`);
    void this.#answer(handle(method, params, CONNECTION), method, isThere, done, refused);
  }

  async #answer(
    answer: Promise<unknown>,
    method: Method,
    isThere: () => boolean,
    done: () => void,
    refused: (error: AgentvisorError) => void,
  ): Promise<void> {
    try {
      const result = await answer;
      if (!isThere()) return;
      this.open -= 1;
      if (isKept(result)) done();
    } catch (error) {
      if (!isThere()) return;
      this.open -= 1;
      if (!(error instanceof AgentvisorError)) return this.#box.fail(`${method} threw ${String(error)}`);
      this.#box.note(() => `${method} is refused: ${error.message}`);
      refused(error);
    }
  }
}

const settle = (wanted: Wanted): void => {
  wanted.isSure = !wanted.isOpen;
};

/** What the disk does not keep is told as not done. */
const isKept = (result: unknown): boolean =>
  !Array.isArray(result) || result.every((one: { readonly ok?: boolean }) => one.ok !== false);
