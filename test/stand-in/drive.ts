import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The stand-in for Claude Code. */
export const STAND_IN = fileURLToPath(new URL('../../examples/stand-in/claude.mjs', import.meta.url));
/** Looks like a setup token, and is none. */
export const FAKE_TOKEN = `sk-ant-oat01-${'a'.repeat(95)}`;

export type Line = Readonly<Record<string, unknown>>;
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };
export type Started = {
  readonly bin: string;
  readonly args: readonly string[];
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
};

type Waiter = { readonly from: number; readonly predicate: (line: Line) => boolean; readonly settle: () => void };

/** A Claude Code process (real or stand-in) in stream mode, driven by hand. Nothing of our own environment reaches it. */
export class Driven {
  readonly child: ChildProcess;
  /** Its HOME and its working directory. */
  readonly home: string;
  /** Whole lines of its stdout, as printed. */
  readonly texts: string[] = [];
  /** What stands after the last newline. */
  rest = '';
  stderr = '';
  readonly exited: Promise<Exit>;
  #waiters: Waiter[] = [];
  #over = false;

  constructor({ bin, args, home, env }: Started) {
    this.home = home;
    const stream = ['-p', '--input-format', 'stream-json', '--output-format', 'stream-json', '--verbose'];
    const own = { PATH: process.env['PATH'] ?? '', HOME: home, TMPDIR: home, CLAUDE_CODE_OAUTH_TOKEN: FAKE_TOKEN };
    this.child = spawn(bin, [...stream, ...args], { cwd: home, env: { ...own, ...env } });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    // It may end before it has read what we wrote: that is what its exit tells.
    this.child.stdin?.on('error', () => {});
    this.exited = new Promise((done, refuse) => {
      this.child.once('error', refuse);
      this.child.once('close', (code, signal) => {
        this.#over = true;
        this.#settle();
        done({ code, signal });
      });
    });
  }

  get lines(): Line[] {
    return this.texts.map(parse);
  }

  write(text: string): void {
    this.child.stdin?.write(text);
  }

  say(content: string | readonly Line[], uuid: string | null = randomUUID()): string | null {
    const id = uuid === null ? {} : { uuid };
    this.write(`${JSON.stringify({ type: 'user', ...id, message: { role: 'user', content } })}\n`);
    return uuid;
  }

  control(subtype: string): void {
    const request = { type: 'control_request', request_id: randomUUID(), request: { subtype } };
    this.write(`${JSON.stringify(request)}\n`);
  }

  /** The first line from `from` on of which it is true; an error when the process ends without it. */
  async line(predicate: (line: Line) => boolean, from = 0): Promise<Line> {
    await new Promise<void>((settle) => {
      this.#waiters.push({ from, predicate, settle });
      this.#settle();
    });
    const found = this.lines.slice(from).find(predicate);
    if (found === undefined) throw new Error(`It ended without that line. stderr: ${this.stderr}`);
    return found;
  }

  /** One message and its result. */
  async turn(content: string | readonly Line[], uuid: string | null = randomUUID()): Promise<Line> {
    const from = this.texts.length;
    this.say(content, uuid);
    return this.line((line) => line['type'] === 'result', from);
  }

  async end(): Promise<Exit> {
    this.child.stdin?.end();
    return this.exited;
  }

  async kill(signal: NodeJS.Signals): Promise<Exit> {
    this.child.kill(signal);
    return this.exited;
  }

  #hear(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    this.texts.push(...lines);
    this.#settle();
  }

  #settle(): void {
    const lines = this.lines;
    this.#waiters = this.#waiters.filter(({ from, predicate, settle }) => {
      const done = this.#over || lines.slice(from).some(predicate);
      if (done) settle();
      return !done;
    });
  }
}

/** Starts processes in temporary homes, and leaves neither behind. */
export class Drivers {
  readonly #started: Driven[] = [];
  readonly #homes: string[] = [];

  home(): string {
    const home = mkdtempSync(join(tmpdir(), 'agentvisor-drive-'));
    this.#homes.push(home);
    return home;
  }

  start(started: Started): Driven {
    const driven = new Driven(started);
    this.#started.push(driven);
    return driven;
  }

  async close(): Promise<void> {
    for (const driven of this.#started.splice(0)) await driven.kill('SIGKILL');
    for (const home of this.#homes.splice(0)) rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  }
}

function parse(text: string): Line {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Line) : { unparsed: text };
  } catch {
    return { unparsed: text };
  }
}
