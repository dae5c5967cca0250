import type { SessionPlan } from '../../../src/kernel/session-plan.ts';
import { openConversation, Process as Mind } from '../../kernel/process-model.ts';
import type { Inode } from '../os/inode.ts';
import type { Process, Signal } from '../os/processes.ts';
import { lineOf } from './lines.ts';
import { Mouth } from './mouth.ts';
import { writeNote, type ShimPlan } from './shim.ts';
import type { Fate, Town } from './town.ts';

type Birth = ShimPlan & {
  readonly name: string;
  /** The run's folder. */
  readonly run: string;
  readonly fifo: Inode | null;
  readonly shim: Process;
  readonly files: Readonly<Record<number, Inode>>;
};

/** What Claude Code says before it refuses to start. */
const REFUSALS: Readonly<Record<string, string>> = {
  'session-missing': 'No conversation found with session ID: ',
  'session-in-use': 'Error: Session ID 0 is already in use.',
  'anchor-missing': 'No message found with message.uuid of: ',
  'input-broken': 'Error parsing streaming input line',
};

/** Who never stops talking is never called silent, and is nobody that Claude Code resembles. */
const CHATTER_MAX = 40;

const CODE_OF: Readonly<Partial<Record<Signal, number>>> = { SIGTERM: 143, SIGINT: 130, SIGHUP: 129, SIGKILL: 137 };

/** A process of an agent: the mind of the kernel's own model, with a stdin, a stdout and a way to die. */
export class Agent {
  readonly process: Process;
  readonly mind: Mind;
  readonly mouth: Mouth;
  readonly fate: Fate;
  readonly #town: Town;
  readonly #birth: Birth;
  readonly #onEnd: (code: number) => void;
  #heard: Buffer = Buffer.alloc(0);
  #said = 0;
  #isAtWork = false;

  constructor(town: Town, birth: Birth, onEnd: (code: number) => void) {
    this.#town = town;
    this.#birth = birth;
    this.#onEnd = onEnd;
    this.fate = town.fates.get(birth.name) ?? {};
    town.fates.delete(birth.name);
    this.process = town.box.processes.begin({
      parent: birth.shim.pid,
      group: birth.shim.pid,
      env: birth.env,
      files: birth.files,
      onSignal: (signal) => this.#onSignal(signal),
    });
    const run = birth.run.slice(birth.run.lastIndexOf('/') + 1);
    const conversation = openConversation(town.sessions, planOf(birth.argv));
    this.mind = new Mind(town, {
      agent: birth.name,
      run,
      credential: birth.env['SIM_CREDENTIAL'] ?? '',
      fingerprint: '',
      tokenSource: 'CLAUDE_CODE_OAUTH_TOKEN',
      tier: 'opus',
      api: this.fate.weather ?? 'fine',
      hangs: this.fate.hangs === true,
      isSpeechless: this.fate.speechless === true,
      conversation,
    });
    const printed = { agent: birth.name, run: birth.run, bytes: [] };
    town.printed.set(birth.run, printed);
    this.mouth = new Mouth(town.box, this.process, birth.stdout, printed);
    town.agents.set(birth.run, this);
    this.#begin(conversation.hint);
  }

  #begin(hint: string | null): void {
    const { box } = this.#town;
    const { runDir, fifo } = this.#birth;
    writeNote(box, this.process, `${runDir}/live.json`, `{"pid":${this.process.pid}}\n`, () => undefined);
    if (this.fate.leavesBehind === true) this.#leaveBehind();
    if (fifo === null) return this.chat(this.fate.chatterMs ?? 400);
    fifo.readers = 1;
    if (hint !== null) {
      this.process.later(box.random.between(20, 120), () => this.die(1, REFUSALS[hint]));
      return;
    }
    this.process.later(this.fate.startMs ?? box.random.between(5, 80), () => {
      fifo.onPiped = () => this.process.later(box.random.between(0.05, 2), () => this.#listen(fifo));
      this.#listen(fifo);
      if (this.fate.chatterMs !== undefined) this.chat(this.fate.chatterMs, CHATTER_MAX);
    });
  }

  /** It ends by itself, or of a signal. */
  die(code: number, words = ''): void {
    if (!this.process.isAlive) return;
    const { box, agents } = this.#town;
    box.note(() => `${this.#birth.run} ends with ${code} ${words}`);
    if (words !== '') box.disk.write(this.#birth.stderr, Buffer.from(`${words}\n`), this.#birth.stderr.size);
    this.mind.alive = false;
    box.processes.end(this.process);
    agents.delete(this.#birth.run);
    const { fifo } = this.#birth;
    if (fifo !== null) [fifo.readers, fifo.pipe, fifo.piped, fifo.onPiped] = [0, [], 0, null];
    this.#onEnd(code);
  }

  /** From now on it does nothing any more, whatever it is asked. */
  hang(): void {
    this.mind.hangs = true;
  }

  #onSignal(signal: Signal): void {
    const { termMs = this.#town.box.random.between(0.5, 20) } = this.fate;
    if (signal === 'SIGKILL') this.die(137);
    else if (termMs !== Infinity) this.process.later(termMs, () => this.die(CODE_OF[signal] ?? 1));
  }

  /** It prints what nobody asked for. */
  chat(everyMs: number, times = Infinity): void {
    this.process.later(this.#town.box.random.between(0.3, 1.7) * everyMs, () => {
      this.mouth.say(`{"type":"noise","pid":${this.process.pid},"words":"${'.'.repeat(60)}"}\n`);
      if (!this.mind.hangs && times > 1) this.chat(everyMs, times - 1);
    });
  }

  /** In a session of its own, but with the cookie: what an MCP server may do. */
  #leaveBehind(): void {
    const { box } = this.#town;
    const { env, shim } = this.#birth;
    const group = box.random.chance(0.5) ? shim.pid : null;
    const onSignal = (signal: Signal): void => {
      if (signal === 'SIGKILL') box.processes.end(left);
    };
    const left: Process = box.processes.begin({ parent: this.process.pid, group, env, files: {}, onSignal });
  }

  #listen(fifo: Inode): void {
    this.#heard = Buffer.concat([this.#heard, ...fifo.pipe.splice(0)]);
    fifo.piped = 0;
    for (let end = this.#heard.indexOf(10); end >= 0; end = this.#heard.indexOf(10)) {
      const line = this.#heard.toString('utf8', 0, end);
      this.#heard = this.#heard.subarray(end + 1);
      if (!this.process.isAlive) return;
      this.#hear(line);
    }
    this.#work();
  }

  #hear(line: string): void {
    let frame: Frame;
    try {
      frame = JSON.parse(line) as Frame;
    } catch {
      return this.die(1, REFUSALS['input-broken']);
    }
    const { box } = this.#town;
    if (frame.type === 'user') {
      const { content } = frame.message;
      const text = typeof content === 'string' ? content : null;
      box.note(() => `${this.#birth.run} is asked ${frame.uuid} ${text ?? '(again)'}`);
      try {
        this.mind.take({ type: 'deliver', agent: this.mind.agent, run: this.mind.run, uuid: frame.uuid, text });
      } catch (error) {
        box.fail(error instanceof Error ? error.message : String(error));
      }
    } else if (frame.request.subtype === 'initialize') this.mind.initAsked = true;
    else {
      this.mind.interrupt();
      this.mouth.say('{"type":"control_response","response":{"subtype":"success","request_id":"interrupt-"}}\n');
    }
    this.#speak(null);
  }

  /** At the pace of something that thinks. */
  #work(): void {
    if (this.#isAtWork || !this.mind.isBusy) return;
    this.#isAtWork = true;
    const { random } = this.#town.box;
    this.process.later(random.between(2, 60), () => {
      this.#isAtWork = false;
      const asked = this.mind.turn?.frame?.message ?? null;
      this.mind.progress({ tools: random.chance(0.2), partial: random.chance(0.3) });
      if (random.chance(0.2)) this.mouth.say('{"type":"stream_event","event":{}}\n');
      this.#speak(asked);
      this.#work();
    });
  }

  #speak(asked: string | null): void {
    const { mind } = this;
    for (const { fact } of mind.log.slice(this.#said)) {
      const said = { session: mind.sessionId, run: mind.run, answer: `answer to ${asked}` };
      const isAnswer = fact.fact === 'turn-ended' && fact.outcome === 'good' && asked !== null;
      this.mouth.say(lineOf(fact, said), () => {
        if (fact.fact === 'answered') this.#town.good.add(this.#birth.run);
        if (isAnswer) this.#town.told(asked, mind.agent);
      });
    }
    this.#said = mind.log.length;
  }
}

type Frame =
  | { readonly type: 'user'; readonly uuid: string; readonly message: { readonly content: string | readonly [] } }
  | { readonly type: 'control_request'; readonly request: { readonly subtype: string } };

export const beginAgent = (town: Town, birth: Birth, onEnd: (code: number) => void): Agent =>
  new Agent(town, birth, onEnd);

/** What the options of a command line say of the conversation. */
function planOf(argv: readonly string[]): SessionPlan | null {
  const after = (flag: string): string | null => {
    const at = argv.indexOf(flag);
    return at < 0 ? null : (argv[at + 1] ?? null);
  };
  const [id, newId] = [after('--resume'), after('--session-id')];
  if (id === null) return newId === null ? null : { kind: 'new', id: newId };
  return {
    kind: 'resume',
    id,
    at: after('--resume-session-at'),
    fork: argv.includes('--fork-session') && newId !== null ? { newId } : null,
  };
}
