import type { Command } from '../../src/kernel/commands.ts';
import { CONTINUE_TEXT } from '../../src/kernel/delivery.ts';
import type { ExitHint } from '../../src/kernel/events.ts';
import type { StreamFact } from '../../src/kernel/facts.ts';
import type { SessionPlan } from '../../src/kernel/session-plan.ts';
import { failureOf, isRetried, type Api, type Weather } from './api.ts';

/** A process of an agent as it is: what it is asked, what it says, the conversation that it has open. */

export type Frame = { readonly uuid: string; readonly message: string; readonly text: string | null };

/** What stands in a conversation on the disk. */
export type Entry =
  | { readonly is: 'question'; readonly uuid: string; readonly message: string | null }
  /** A delivery that brought no question: go on, or answer what stands. */
  | { readonly is: 'nudge'; readonly uuid: string }
  | { readonly is: 'answer'; readonly uuid: string; readonly message: string | null }
  | { readonly is: 'interruption'; readonly uuid: null };

type Deliver = Extract<Command, { type: 'deliver' }>;

/** What all processes share. */
export type Surroundings = {
  readonly now: number;
  readonly wallNow: number;
  readonly isHonest: boolean;
  readonly api: Api;
  readonly sessions: Map<string, readonly Entry[]>;
  /** Messages that a process has answered well, each time it did. */
  readonly answeredBy: Record<string, number>;
  /** How often its question stood in the conversation when it was answered. */
  readonly askedFor: Record<string, number>;
  /** How many turns of its own the kernel could know of when it ordered a delivery. */
  wasKnown(uuid: string): number | undefined;
};

export type Birth = {
  readonly agent: string;
  readonly run: string;
  readonly credential: string;
  readonly fingerprint: string;
  readonly tokenSource: string | null;
  readonly tier: string;
  readonly api: Weather;
  readonly hangs: boolean;
  readonly isSpeechless: boolean;
  readonly conversation: { readonly id: string; readonly transcript: readonly Entry[] };
};

export class Process {
  readonly agent: string;
  readonly run: string;
  readonly credential: string;
  readonly fingerprint: string;
  readonly tier: string;
  readonly sessionId: string;
  readonly transcript: Entry[];
  alive = true;
  /** Output on the disk, and how much of it some daemon has reported. */
  readonly log: { readonly offset: number; readonly fact: StreamFact }[] = [];
  read = 0;
  exit: { readonly code: number | null; readonly hint: ExitHint | null; readonly at: number | null } | null = null;
  exitTold = false;
  initAsked = false;
  inputs: Frame[] = [];
  /** The turn it works on; `frame` is null for one of its own. */
  turn: { readonly frame: Frame | null; answered: boolean; retried: boolean } | null = null;
  /** Turns that it began by itself. */
  ownTurns = 0;
  /** A frame was cut in its stdin: the next one would end it. */
  isCut = false;
  /** What is wrong with this process alone; one that was rejected stays so. */
  api: Weather;
  /** It does nothing any more and says nothing, whatever it is asked. */
  hangs: boolean;
  saidAt: number;
  rssBytes = 100_000_000;
  leavesBehind = 0;
  readonly #around: Surroundings;
  readonly #tokenSource: string | null;
  readonly #isSpeechless: boolean;

  constructor(around: Surroundings, birth: Birth) {
    this.#around = around;
    this.agent = birth.agent;
    this.run = birth.run;
    this.credential = birth.credential;
    this.fingerprint = birth.fingerprint;
    this.#tokenSource = birth.tokenSource;
    this.tier = birth.tier;
    this.api = birth.api;
    this.hangs = birth.hangs;
    this.#isSpeechless = birth.isSpeechless;
    this.sessionId = birth.conversation.id;
    this.transcript = [...birth.conversation.transcript];
    this.saidAt = around.now;
  }

  /** There is something that it would do next. */
  get isBusy(): boolean {
    return this.alive && !this.hangs && (this.initAsked || this.turn !== null || this.inputs.length > 0);
  }

  /** It does the next thing that it has to do. */
  progress(how: { readonly tools: boolean; readonly partial: boolean }): void {
    if (!this.isBusy) return;
    if (this.initAsked) {
      this.initAsked = false;
      this.#say({ fact: 'initialized', tokenSource: this.#tokenSource });
      return;
    }
    const { turn } = this;
    if (turn === null) {
      const frame = this.inputs.shift();
      if (frame !== undefined) this.beginTurn(frame);
      return;
    }
    const api = this.#around.api.answerTo(this);
    const { api: world } = this.#around;
    const mayBegin = how.partial && !world.rejects(this.credential) && !world.isDead(this.fingerprint);
    if (!turn.answered && (api === 'fine' || mayBegin)) this.#answer(turn, how.tools);
    else if (api === 'fine') this.#endTurn('good');
    else if (!turn.retried && isRetried(api)) {
      turn.retried = true;
      const { status, error } = failureOf(api, 0);
      this.#say({ fact: 'retrying', status, error, attempt: 1, delayMs: 1_000 });
    } else {
      // Who was rejected stays rejected, whatever the API does for others.
      if (api === 'auth') this.api = 'auth';
      this.#endTurn('failed', api);
    }
  }

  beginTurn(frame: Frame | null): void {
    if (!this.alive || this.hangs || this.turn !== null) return;
    this.turn = { frame, answered: false, retried: false };
    if (frame === null) this.ownTurns += 1;
    this.#write(frame === null ? this.#ownQuestion() : this.#entryOf(frame));
    this.#say({
      fact: 'turn-started',
      sessionId: this.sessionId,
      model: this.#model,
      claudeVersion: '2.1.195',
      apiKeySource: this.#tokenSource === 'ANTHROPIC_API_KEY' ? 'ANTHROPIC_API_KEY' : 'none',
    });
    if (frame !== null) this.#say({ fact: 'accepted', uuid: frame.uuid });
  }

  interrupt(): void {
    if (this.alive && !this.hangs && this.turn !== null) this.#endTurn('aborted');
  }

  die(code: number | null, hint: ExitHint | null = null): void {
    if (!this.alive) return;
    this.alive = false;
    // What nobody recorded has no time either.
    this.exit = { code, hint, at: code === null ? null : this.#around.wallNow };
  }

  /** A frame arrives whole on its stdin. */
  take(command: Deliver): void {
    if (this.isCut && this.#around.isHonest) throw new Error(`${this.run} was written to behind a frame that was cut`);
    if (this.transcript.some(({ uuid }) => uuid === command.uuid)) {
      if (!this.hangs) this.#say({ fact: 'accepted', uuid: command.uuid });
      return;
    }
    // Assumed, not measured: a copy of what still waits is dropped; the echo comes when it is run.
    if (this.inputs.some(({ uuid }) => uuid === command.uuid)) return;
    const waiting = [...this.inputs, ...(this.turn?.frame ? [this.turn.frame] : [])];
    if (waiting.length > 0 && this.#around.isHonest)
      throw new Error(`${this.run} was given ${command.uuid} while it had ${waiting[0]?.uuid}`);
    if (this.#isSpeechless) this.hangs = true;
    this.inputs.push({ uuid: command.uuid, message: `${command.uuid.slice(0, 32)}0000`, text: command.text });
  }

  get #model(): string {
    return `claude-${this.tier}-4-5`;
  }

  #answer(turn: NonNullable<Process['turn']>, usedTools: boolean): void {
    turn.answered = true;
    const uuid = `uuid-${this.run}-${this.log.length}`;
    this.#write({ is: 'answer', uuid, message: turn.frame?.message ?? null });
    this.#say({
      fact: 'answered',
      messageId: `msg_${this.run}_${this.log.length}`,
      model: this.#model,
      uuid,
      requestId: null,
      usedTools,
      sidechain: false,
    });
  }

  #endTurn(outcome: 'good' | 'failed' | 'aborted', api: Weather = 'fine'): void {
    const { turn } = this;
    if (turn === null) return;
    this.turn = null;
    const failure = api === 'fine' ? null : failureOf(api, this.#around.wallNow);
    if (outcome === 'aborted') this.#write({ is: 'interruption', uuid: null });
    if (outcome === 'good' && turn.frame !== null) {
      const { message } = turn.frame;
      const { answeredBy, askedFor } = this.#around;
      answeredBy[message] = (answeredBy[message] ?? 0) + 1;
      askedFor[message] = this.transcript.filter(
        (entry) => entry.is === 'question' && entry.message === message,
      ).length;
    }
    if (failure !== null) this.#say({ fact: 'refused', failure });
    const totalCostUsd = this.log.length / 100;
    this.#say({ fact: 'turn-ended', local: false, outcome, failure, sessionId: null, totalCostUsd });
  }

  #say(fact: StreamFact): void {
    this.saidAt = this.#around.now;
    this.log.push({ offset: (this.log.length + 1) * 100, fact });
  }

  #write(entry: Entry): void {
    this.transcript.push(entry);
    this.#around.sessions.set(this.sessionId, [...this.transcript]);
  }

  #ownQuestion(): Entry {
    return { is: 'question', uuid: `own-${this.run}-${this.log.length}`, message: null };
  }

  /** What a delivery adds to the conversation; a nudge must find there what it points at. */
  #entryOf({ uuid, message, text }: Frame): Entry {
    const last = this.transcript.findLast(({ is }) => is !== 'nudge');
    const isBegun = this.transcript.some((entry) => entry.is === 'answer' && entry.message === message);
    const points = text === null ? last?.is === 'question' && last.message === message : isBegun;
    if (text !== null && text !== CONTINUE_TEXT) return { is: 'question', uuid, message };
    // A turn of its own that nobody had read of, or that nobody could tell from ours, when the nudge was ordered.
    if (!points && this.#around.isHonest && this.#around.wasKnown(uuid) === this.ownTurns)
      throw new Error(`${this.run} is told ${text ?? 'nothing'} for ${uuid}, which it never was asked`);
    return { is: 'nudge', uuid };
  }
}

/** What Claude Code finds on the disk for a plan, and what it says when it cannot open it. */
export function openConversation(
  sessions: ReadonlyMap<string, readonly Entry[]>,
  plan: SessionPlan | null,
): { readonly id: string; readonly transcript: readonly Entry[]; readonly hint: ExitHint | null } {
  if (plan === null) return { id: '', transcript: [], hint: null };
  const known = sessions.get(plan.id);
  if (plan.kind === 'new') return { id: plan.id, transcript: [], hint: known === undefined ? null : 'session-in-use' };
  if (known === undefined) return { id: plan.id, transcript: [], hint: 'session-missing' };
  const cut = plan.at === null ? known.length : known.findIndex(({ uuid }) => uuid === plan.at) + 1;
  const id = plan.fork?.newId ?? plan.id;
  return { id, transcript: known.slice(0, cut), hint: cut === 0 && plan.at !== null ? 'anchor-missing' : null };
}
