import { classifyExit } from '../claude/exit.ts';
import { askAgainFrame, initializeFrame, interruptFrame, userFrame } from '../claude/frames.ts';
import { parseLine } from '../claude/line.ts';
import { mayMatter } from '../claude/prefilter.ts';
import type { Event, RunId } from '../kernel/events.ts';
import type { StreamFact } from '../kernel/facts.ts';
import { ATOMIC_BYTES_MAX } from '../kernel/processes.ts';
import { excerpt, redact } from '../kernel/redaction.ts';
import type { AgentMode } from '../kernel/spec.ts';
import { markBase } from './process/cut.ts';
import type { FrameOutcome, FrameWriter } from './process/fifo.ts';
import { follow, type FollowTrouble, type Follower, type Look } from './process/follower.ts';
import { OomWatch } from './process/oom.ts';
import { lastLine, readTail } from './process/log-tail.ts';
import { readExit, runFiles, watchRun, type RunExit, type RunWatch } from './process/run-files.ts';

export type LiveRunOptions = {
  readonly agent: string;
  readonly run: RunId;
  readonly runDir: string;
  readonly mode: AgentMode;
  /** Where the state has read to; 0 for a new run. */
  readonly cursor: number;
  /** The file that stdout goes to; not the one of the run's folder when somebody has replaced that. */
  readonly stdout: string;
  /** Offset of its first byte. */
  readonly base: number;
  readonly isAdopted: boolean;
  readonly writer: FrameWriter;
  readonly submit: (event: Event) => Promise<void>;
  /** Of adopted runs, whose exit nobody reports: whether the shim is still there, or with `glance` somebody with its pid. */
  readonly isShimAlive: (how: Look) => boolean;
  /** Nobody of a run whose shim was killed is left to print: what is said behind its last words would not be heard. */
  readonly endOrphans: () => Promise<unknown>;
  readonly secrets: () => readonly string[];
  /** What all processes of the run use, null when it cannot be had. */
  readonly used: () => Promise<Used | null>;
  readonly complain: (what: string, error: unknown) => void;
};

/** Resident memory, and processor time so far. */
export type Used = { readonly rss: number; readonly cpuMs: number };

/** Between two tries to reach an agent that has not opened its stdin yet, or to read how it ended. */
const RETRY_MS_MIN = 5;
const RETRY_MS_MAX = 200;
/** Who has printed nothing for so long is quiet: what it printed last has been looked at several times by then. */
const QUIET_MS = 5_000;

/** Ears and mouth of one run: follows its output, hears its end, writes to its stdin. It decides nothing. */
export class LiveRun {
  readonly #options: LiveRunOptions;
  readonly #watch: RunWatch;
  readonly #follower: Follower | null;
  readonly #complaints = new Set<string>();
  #oom: OomWatch | null = null;
  #isCatchingUp: boolean;
  #isBlind = false;
  #printedAt = performance.now();
  #isOver = false;
  #ending: Promise<void> | null = null;

  constructor(options: LiveRunOptions) {
    this.#options = options;
    this.#isCatchingUp = options.isAdopted;
    this.#follower = options.mode === 'stream' ? this.#followStdout() : null;
    this.#watch = watchRun(options.runDir, {
      onLive: (pid) => {
        this.#oom = new OomWatch(pid);
        void options.submit({ type: 'pid-known', ...this.#name, pid });
      },
      onOutput: () => (this.#printedAt = performance.now()),
      onExit: () => void this.end(),
      onBlind: () => (this.#isBlind = true),
    });
    if (options.isAdopted) void this.#catchUp();
  }

  /** Nothing was printed for a while, as far as notifications tell; they can be relied on. */
  get isQuiet(): boolean {
    return !this.#isBlind && performance.now() - this.#printedAt > QUIET_MS;
  }

  /** Looks for what a lost notification would have told. */
  check(how: Look): void {
    if (this.#isOver) return;
    try {
      this.#follower?.poke(how);
      if (this.#isBlind) this.#watch.check();
      const isLost = this.#options.isAdopted && !this.#options.isShimAlive(how);
      if (isLost) void this.end();
    } catch (error) {
      // Something else stands in the place of the run's folder, or no descriptor is free: no reason for the others to end.
      this.#complainOnce('files', error);
    }
  }

  /** Reports the end once, after everything that was said before it; settles when that is done, whoever asked first. */
  end(): Promise<void> {
    this.#ending ??= this.#isOver ? Promise.resolve() : this.#reportEnd();
    return this.#ending;
  }

  async #reportEnd(): Promise<void> {
    this.#isOver = true;
    if ((await this.#exitNote()) === null)
      await this.#options.endOrphans().catch((error: unknown) => this.#complainOnce('orphans', error));
    const unfinished = await this.#follower?.close({ drain: true });
    this.#watch.close();
    if (unfinished !== undefined && unfinished.tailBytes > 0)
      await this.#options.submit(this.#noted('truncated', unfinished.offset, unfinished.tailBytes));
    const exit = await this.#exitNote();
    const stderr = readTail(runFiles(this.#options.runDir).stderr);
    const killed = this.#oom?.killed(exit?.code ?? null) ?? null;
    await this.#options.submit({
      type: 'exited',
      ...this.#name,
      code: exit?.code ?? null,
      at: exit?.at ?? null,
      hint: killed === null ? classifyExit(stderr) : 'oom',
      detail: killed ?? excerpt(lastLine(stderr), undefined, this.#options.secrets()),
    });
  }

  /** As soon as there is a descriptor to read it with. */
  async #exitNote(): Promise<RunExit | null> {
    for (;;) {
      try {
        return readExit(this.#options.runDir);
      } catch (error) {
        this.#complainOnce('files', error);
        await new Promise((again) => setTimeout(again, RETRY_MS_MAX));
      }
    }
  }

  /** Stops listening; the process is left as it is. */
  async close(): Promise<void> {
    this.#isOver = true;
    this.#watch.close();
    await this.#follower?.close();
  }

  /** Asks until the agent has opened its stdin, which takes it a moment; the start's own deadline ends it. */
  async initialize(): Promise<void> {
    const frame = Buffer.from(initializeFrame(this.#options.run));
    let pauseMs = RETRY_MS_MIN;
    while (!this.#isOver) {
      const { outcome } = await this.#write(frame);
      if (outcome === 'written') return;
      await new Promise((again) => setTimeout(again, pauseMs));
      pauseMs = Math.min(RETRY_MS_MAX, pauseMs * 2);
    }
  }

  async interrupt(): Promise<void> {
    await this.#write(Buffer.from(interruptFrame(this.#options.run)));
  }

  /** Without a text the agent is asked for the question at which its conversation ends. */
  async deliver(uuid: string, text: string | null): Promise<void> {
    const { submit } = this.#options;
    const frame = Buffer.from(text === null ? askAgainFrame(uuid) : userFrame(uuid, text));
    const isAtomic = frame.length <= ATOMIC_BYTES_MAX;
    if (!isAtomic) await submit({ type: 'writing', ...this.#name, uuid, bytes: frame.length });
    const { outcome } = await this.#write(frame);
    if (outcome !== 'written') {
      await submit({ type: 'not-written', ...this.#name, uuid, partial: outcome === 'partial' });
    } else if (!isAtomic) {
      await submit({ type: 'written', ...this.#name, uuid });
    }
  }

  /** Tells how long nothing was said and what memory is used; what nobody has read yet is heard and told before. */
  async measure(): Promise<void> {
    const used = await this.#used();
    await this.#follower?.caughtUp();
    if (this.#isOver) return;
    const silentMs = Math.round(this.#follower?.silentMs() ?? 0);
    const { rss: rssBytes = null, cpuMs = null } = used ?? {};
    await this.#options.submit({ type: 'measured', ...this.#name, silentMs, rssBytes, cpuMs });
  }

  /** A machine that does not tell its memory is no reason to say nothing of the silence. */
  async #used(): Promise<Used | null> {
    try {
      return await this.#options.used();
    } catch (error) {
      this.#complainOnce('memory', error);
      return null;
    }
  }

  get #name(): { agent: string; run: RunId } {
    return { agent: this.#options.agent, run: this.#options.run };
  }

  /** What cannot be opened or is no FIFO has taken nothing either: it is tried again like one without a reader. */
  async #write(frame: Buffer): Promise<FrameOutcome> {
    try {
      return await this.#options.writer.writeFrame(runFiles(this.#options.runDir).stdin, frame);
    } catch (error) {
      this.#complainOnce('input', error);
      return { outcome: 'no-reader', bytesWritten: 0 };
    }
  }

  /** What is tried again and again is complained of once. */
  #complainOnce(what: 'files' | 'input' | 'memory' | 'orphans', error: unknown): void {
    if (this.#complaints.has(what)) return;
    this.#complaints.add(what);
    this.#options.complain(`${what} of ${this.#options.agent}`, error);
  }

  #followStdout(): Follower {
    const { submit, stdout, cursor, base } = this.#options;
    return follow(stdout, {
      from: cursor,
      base,
      onLines: async (lines) => {
        const events = lines.flatMap(({ line, start, end, oversized }): Event[] => {
          if (oversized) return [this.#noted('too-long', start, end - start)];
          const fact = withoutSecrets(parseLine(line), this.#options.secrets());
          if (fact.fact === 'other') return [];
          return [{ type: 'heard' as const, ...this.#name, offset: end, fact, late: this.#isCatchingUp }];
        });
        await Promise.all(events.map(submit));
      },
      wanted: mayMatter,
      onError: (trouble) => this.#onTrouble(trouble),
    });
  }

  #onTrouble(trouble: FollowTrouble): void {
    const { complain, agent, submit, runDir } = this.#options;
    complain(`output of ${agent}`, describeTrouble(trouble));
    if (trouble.what === 'truncated') {
      try {
        // Readers that come later count as the follower does.
        markBase(runFiles(runDir).stdout, trouble.base);
      } catch (error) {
        this.#complainOnce('files', error);
      }
      void submit(this.#noted('emptied', trouble.base, 0));
    } else if (trouble.what === 'replaced') void submit(this.#noted('replaced', 0, 0));
  }

  #noted(what: Extract<Event, { type: 'log-noted' }>['what'], at: number, bytes: number): Event {
    return { type: 'log-noted', ...this.#name, file: 'stdout', what, at, bytes };
  }

  /** Settles when all that is in its file now was heard and told; how much of a line is there beyond it. */
  async heardAll(): Promise<number> {
    await this.#follower?.caughtUp();
    return this.#follower?.position().tailBytes ?? 0;
  }

  /** Its stdout was emptied by us. */
  rebase(base: number): void {
    this.#follower?.rebase(base);
  }

  async #catchUp(): Promise<void> {
    await this.#follower?.caughtUp();
    this.#isCatchingUp = false;
    if (!this.#isOver) await this.#options.submit({ type: 'caught-up', ...this.#name });
  }
}

/** What is journaled and shown holds none of the secrets that were given to an agent, whatever their form. */
function withoutSecrets(fact: StreamFact, secrets: readonly string[]): StreamFact {
  if ((fact.fact !== 'refused' && fact.fact !== 'turn-ended') || fact.failure === null) return fact;
  return { ...fact, failure: { ...fact.failure, text: redact(fact.failure.text, secrets) } };
}

/** What a person needs to know of a log that is not as it should be; what only slows us down stays out of it. */
function describeTrouble(trouble: FollowTrouble): string {
  switch (trouble.what) {
    case 'truncated':
      return `somebody cut the file at byte ${trouble.at}; what stood between was not read`;
    case 'cut':
      return `${trouble.bytes} bytes before byte ${trouble.at + trouble.bytes} are gone`;
    case 'replaced':
      return 'another file stands in its place; the agent goes on writing to the old one until its next start';
    case 'unwatched':
      return `no notifications, looked at once a second instead: ${String(trouble.cause)}`;
    case 'unreadable':
    case 'consumer':
      return `${trouble.what}: ${String(trouble.cause)}`;
  }
}
