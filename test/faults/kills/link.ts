import { openClient, type Client } from '../../../src/client/client.ts';
import type { Api, Method } from '../../../src/protocol/api.ts';
import { AgentvisorError } from '../../../src/protocol/errors.ts';

/** A way to whichever daemon lives: who asks and is not answered asks the next one. */
export class Link {
  readonly home: string;
  #client: Client | null = null;
  #waiting: (() => void)[] = [];
  #isOver = false;

  constructor(home: string) {
    this.home = home;
  }

  /** A daemon answers. */
  begin(): void {
    this.#client = openClient(this.home);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** It has died. */
  end(): void {
    this.#client?.close();
    this.#client = null;
  }

  /** Nobody begins anything new. */
  close(): void {
    this.#isOver = true;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Asked again until a daemon has answered: whatever is asked here may be done twice. */
  async ask<M extends Method>(method: M, params: Api[M]['params']): Promise<Api[M]['result']> {
    for (;;) {
      const client = await this.#next();
      try {
        return await client.call(method, params);
      } catch (error) {
        if (!isNoAnswer(error)) throw error;
        if (this.#client === client) this.#client = null;
      }
    }
  }

  async #next(): Promise<Client> {
    while (this.#client === null) await new Promise<void>((wake) => this.#waiting.push(wake));
    return this.#client;
  }
}

const isNoAnswer = (error: unknown): boolean =>
  error instanceof AgentvisorError && (error.code === 'unreachable' || error.code === 'not-running');
