import { ConnectionLost } from '../client/client.ts';
import { AgentvisorError } from '../protocol/errors.ts';
import type { InkKey } from './key.ts';
import { act } from './acts.ts';
import { clean } from './clean.ts';
import { Keyboard } from './keyboard.ts';
import { Link } from './link.ts';
import { openLog, type LogSource } from './log-source.ts';
import type { Effect, Message, Model } from './model.ts';
import { Painter } from './painter.ts';
import { readAgent, readAllIncidents, readEvents } from './readings.ts';
import { update } from './update.ts';

const TICK_MS = 1_000;

export type SessionOptions = {
  readonly home: string;
  readonly model: Model;
  /** What only the owner of the terminal can do. */
  readonly onTerminal: (effect: 'repaint' | 'suspend') => void;
};

/** One look at the fleet, from its begin to `quit`: what happens becomes messages, what the model asks for is done. */
export class Session {
  readonly painter: Painter;
  readonly ended: Promise<void>;
  /** The fleet is shown, from whatever source. */
  readonly found: Promise<void>;
  readonly #options: SessionOptions;
  readonly #link: Link;
  readonly #keyboard = new Keyboard();
  readonly #ticker: NodeJS.Timeout;
  #model: Model;
  #log: LogSource | null = null;
  #end: () => void = () => undefined;
  #find: () => void = () => undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#model = options.model;
    this.painter = new Painter(() => this.#model);
    this.#link = new Link(options.home, (message) => this.dispatch(message));
    this.#ticker = setInterval(() => this.dispatch({ type: 'tick' }), TICK_MS);
    this.found = new Promise<void>((resolve) => (this.#find = resolve));
    const quit = new Promise<void>((resolve) => (this.#end = resolve));
    this.ended = Promise.race([quit, this.#link.run()]);
  }

  get model(): Model {
    return this.#model;
  }

  readonly dispatch = (message: Message): void => {
    const { model, effects } = update(this.#model, message, Date.now());
    this.#model = model;
    for (const effect of effects) this.#do(effect);
    this.painter.touch();
    if (model.fleet !== null) this.#find();
  };

  readonly onInput = (input: string, key: InkKey): void => {
    for (const message of this.#keyboard.read(input, key)) this.dispatch(message);
  };

  quit(): void {
    this.#end();
  }

  close(): void {
    clearInterval(this.#ticker);
    this.#log?.close();
    this.#link.close();
    this.painter.close();
  }

  #do(effect: Effect): void {
    switch (effect.type) {
      case 'act':
        return this.#act(effect.action);
      case 'read-agent':
        return this.#tellLater(readAgent(this.#link.client, this.#options.home, effect.name));
      case 'read-incidents':
        return this.#tellLater(readAllIncidents(this.#link.client, this.#options.home));
      case 'read-events':
        return this.#tellLater(readEvents(this.#link.client, this.#options.home));
      case 'open-log':
        this.#log?.close();
        this.#log = openLog(this.#options.home, effect, this.dispatch);
        return undefined;
      case 'close-log':
        this.#log?.close();
        this.#log = null;
        return undefined;
      case 'repaint':
      case 'suspend':
        return this.#options.onTerminal(effect.type);
      case 'quit':
        return this.quit();
    }
  }

  #act(action: Extract<Effect, { type: 'act' }>['action']): void {
    const { client } = this.#link;
    // The kernel of this screen asks only while there is one; it may have gone in this very moment.
    if (client === null) return this.dispatch({ type: 'refused', action, why: 'the daemon is away' });
    act(client, action).then(this.dispatch, (error: unknown) =>
      this.dispatch({ type: 'refused', action, why: wordsOf(error) }),
    );
  }

  /** Nothing can have been done by reading: a daemon that goes meanwhile is said at the top, and what it shows is read anew. */
  #tellLater(message: Promise<Message>): void {
    message.then(this.dispatch, (error: unknown) => {
      if (!(error instanceof ConnectionLost)) this.dispatch({ type: 'refused', action: null, why: wordsOf(error) });
    });
  }
}

const wordsOf = (error: unknown): string =>
  clean(error instanceof AgentvisorError ? `${error.message} ${error.nextStep}` : String(error)).replaceAll('\n', ' ');
