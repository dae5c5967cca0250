import type { Command } from '../run.ts';

/** What is to be held. */
export type Program = {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  /** Its stdin and stdout are Claude Code's: what a peer does not know is a program like others. @default command */
  readonly mode?: 'command' | 'stream';
  /** It is started again without a pause when it ends, however often, where that is not the peer's way anyway. */
  readonly restartsAtOnce?: boolean;
};

/** Somebody who holds programs. */
export type Peer = {
  readonly name: string;
  /** `pm2 7.0.4` */
  readonly version: string;
  /** Declares the programs in a folder of its own; nothing runs yet. */
  open(folder: string, programs: readonly Program[]): Held;
};

export type Held = {
  /** Starts who holds, without a program. */
  begin(): Promise<void>;
  /** Starts all programs. */
  readonly start: Command;
  /** The list that people and scripts ask for. */
  readonly list: Command;
  /** Ends a program and starts it anew: what a watchdog calls. */
  restart(name: string): Command;
  /** What a program has printed; a folder for agentvisor, which has a file for each run. */
  log(name: string): string;
  /** From which all its processes descend. */
  top(): number;
  /** The process that decides. */
  daemon(): number;
  /** Ends all of it and the programs. */
  end(): Promise<void>;
};

export type Sought = { readonly peer: Peer } | { readonly missing: string };
