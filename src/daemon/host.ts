import { rmSync } from 'node:fs';
import { reach } from '#failpoint';
import { preflight } from '../box/preflight.ts';
import { agentArgv } from '../claude/argv.ts';
import { childEnvironment } from '../claude/environment.ts';
import { PROXY_VARIABLES } from '../config/environment.ts';
import { sizeOf } from '../home/log-pieces.ts';
import { agentFolder, runFolder } from '../home/paths.ts';
import type { Command } from '../kernel/commands.ts';
import type { Event, RunId } from '../kernel/events.ts';
import { runOf, type Agent, type Fleet, type Run } from '../kernel/fleet.ts';
import { credentialNameOf } from '../kernel/ledger.ts';
import { LiveRun, type Used } from './live-run.ts';
import { LogKeeper } from './log-keeper.ts';
import { heldOutput } from './process/held-output.ts';
import { runFiles } from './process/run-files.ts';
import { FifoWriter } from './process/fifo.ts';
import type { Identity } from '../home/process-identity.ts';
import { SpawnRefused, type Spawner } from './process/spawn.ts';
import type { Sweeper } from './process/sweep.ts';
import { refuseRetired } from './retired-secret.ts';
import { Rotator } from './rotator.ts';
import { Rounds } from './rounds.ts';
import { NoSecret, readEnvFile, type Secrets } from './secrets.ts';

export type HostOptions = {
  readonly home: string;
  readonly identity: Identity;
  readonly spawner: Spawner;
  readonly sweeper: Sweeper;
  readonly secrets: Secrets;
  readonly fleet: () => Fleet;
  readonly submit: (event: Event) => Promise<void>;
  /** What all processes of a run use, null when it cannot be had. */
  readonly used: (run: RunId) => Promise<Used | null>;
  /** A command could not be carried out and nothing in the state can say so. */
  readonly complain: (what: string, error: unknown) => void;
};

type Heard = {
  readonly id: RunId;
  readonly cursor: number;
  /** Of stdout. */
  readonly base: number;
  readonly shim: { readonly pid: number; readonly start: string };
};

type Given = { readonly env: Record<string, string>; readonly fingerprint: string | null };

type CommandOf<Type extends Command['type']> = Extract<Command, { type: Type }>;

/** Who is quiet is looked at once in so many looks. */
const LOOKS_OF_A_ROUND = 5;

/** Carries out what the kernel asks for and reports what became of it. */
export class Host {
  readonly #options: HostOptions;
  readonly #runs = new Map<string, LiveRun>();
  readonly #writer = new FifoWriter();
  readonly #rotator: Rotator;
  readonly #logs: LogKeeper;
  readonly #rounds = new Rounds(LOOKS_OF_A_ROUND);
  #isClosed = false;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#rotator = new Rotator(options);
    this.#logs = new LogKeeper({ ...options, live: (run) => this.#runs.get(run) });
  }

  /** Begins to obey; what goes wrong becomes an event or a complaint, never an exception. */
  obey(command: Command): void {
    this.#carryOut(command).catch((error: unknown) => this.#options.complain(command.type, error));
  }

  /** What an earlier daemon was at is taken up. */
  resumeRotations(): Promise<void> {
    return this.#rotator.resume();
  }

  /** Once a second: what no notification told. Of a hundred agents nearly all are quiet, and a glance is enough. */
  checkAll(): void {
    this.#rounds.next();
    for (const [id, run] of this.#runs)
      run.check(run.isQuiet && !this.#rounds.isTurnOf(Number(id)) ? 'glance' : 'whole');
    this.#logs.look();
  }

  /**
   * Listens to a run that an earlier daemon started; one that has ended is heard to its end, which is then told: settles
   * when that is done.
   */
  async adopt(agent: Agent, run: Run, shim: Heard['shim'], isOver: boolean): Promise<void> {
    const { stdout: base } = this.#logs.takeOver(agent, run, shim.pid);
    const live = this.#listen(agent, { id: run.id, cursor: this.#heardUpTo(agent, run, base), base, shim }, true);
    if (isOver) await live.end();
  }

  /**
   * The end of a log may be gone with the power while the journal knows that it was heard. What is left of it was heard,
   * too: taken for what was printed since, the answer to one question would be that to the next.
   */
  #heardUpTo({ spec: { name } }: Agent, run: Run, base: number): number {
    const isOfThisBoot = run.shim === null || run.shim.boot === this.#options.identity.bootId();
    if (isOfThisBoot) return run.cursor;
    return Math.min(run.cursor, base + (sizeOf(runFiles(this.#runDir(name, run.id)).stdout) ?? 0));
  }

  /** Behind its adoption: what a dead daemon had done to its log and not told. */
  tellFound(agent: Agent, run: Run): Promise<void> {
    return this.#logs.tellFound(agent, run);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#logs.close();
    await Promise.all([...this.#runs.values()].map((run) => run.close()));
  }

  async #carryOut(command: Command): Promise<void> {
    switch (command.type) {
      case 'spawn':
        reach('spawn:begin', command.run);
        return this.#spawn(command).finally(() => reach('spawn:end', command.run));
      case 'initialize':
        return this.#runs.get(command.run)?.initialize();
      case 'interrupt':
        reach('stop:begin', command.run);
        return this.#runs.get(command.run)?.interrupt();
      case 'deliver':
        return this.#runs.get(command.run)?.deliver(command.uuid, command.text);
      case 'measure':
        return this.#runs.get(command.run)?.measure();
      case 'signal':
        return this.#signal(command);
      case 'sweep':
        return this.#sweep(command);
      case 'retire-run':
        this.#runs.delete(command.run);
        return this.#logs.retire(command);
      case 'cut-log':
        return this.#logs.cut(command);
      case 'trim-logs':
        return this.#logs.trim(command);
      case 'hold':
        return this.#logs.hold(command);
      case 'forget':
        rmSync(agentFolder(this.#options.home, command.agent), { recursive: true, force: true });
        return;
      case 'rotate-files':
        return this.#rotator.obey(command);
      case 'record':
      case 'file-incident':
      case 'notice':
        // The store writes these with the event that caused them.
        return;
    }
  }

  #runDir(agent: string, run: RunId): string {
    return runFolder(this.#options.home, agent, run);
  }

  async #spawn({ agent: name, run, session, staged }: CommandOf<'spawn'>): Promise<void> {
    const { fleet, submit, spawner } = this.#options;
    const agent = fleet().agents[name];
    if (agent === undefined) return;
    const { spec } = agent;
    const argv = spec.mode === 'stream' && session !== null ? agentArgv(spec, session) : (spec.command ?? []);
    const runDir = this.#runDir(name, run);
    try {
      const { env, fingerprint } = await this.#environment(agent, run, staged);
      // A secret may take half a minute. Who was stopped meanwhile must not begin to live behind everybody's back.
      if (!this.#isAwaited(name, run)) {
        await submit({ type: 'never-spawned', agent: name, run });
        return;
      }
      const found = preflight({ cwd: spec.cwd, argv0: argv[0] ?? '', path: env['PATH'] });
      if (!found.ok) {
        await submit({ type: 'spawn-failed', agent: name, run, detail: found.message });
        return;
      }
      const stdin = spec.mode === 'stream' ? 'fifo' : 'null';
      const spawned = await spawner.spawnRun({
        runDir,
        argv: [found.file, ...argv.slice(1)],
        cwd: spec.cwd,
        env,
        stdin,
      });
      const { shimPid, shimStart } = spawned;
      // Before the report: what it makes the kernel ask for needs somebody to say it to. What the run itself reports
      // comes in later turns of the event loop, so still behind it.
      const live = this.#listen(
        agent,
        { id: run, cursor: 0, base: 0, shim: { pid: shimPid, start: shimStart } },
        false,
      );
      spawned.onExit(() => void live.end());
      await submit({ type: 'spawned', agent: name, run, shimPid, shimStart, fingerprint });
    } catch (error) {
      if (!(error instanceof NoSecret) && !(error instanceof SpawnRefused)) throw error;
      await submit({ type: 'spawn-failed', agent: name, run, detail: error.message });
    }
  }

  #isAwaited(name: string, id: RunId): boolean {
    const { agent, run } = this.#find(name, id);
    return !this.#isClosed && run !== null && agent?.state.at === 'starting';
  }

  #listen(agent: Agent, run: Heard, isAdopted: boolean): LiveRun {
    const { identity, secrets, submit, sweeper } = this.#options;
    const { name, mode } = agent.spec;
    const live = new LiveRun({
      agent: name,
      run: run.id,
      runDir: this.#runDir(name, run.id),
      mode,
      cursor: run.cursor,
      stdout: heldOutput(runFiles(this.#runDir(name, run.id)).stdout, run.shim.pid, 'stdout'),
      base: run.base,
      isAdopted,
      writer: this.#writer,
      submit,
      isShimAlive: (how) =>
        how === 'glance' ? identity.exists(run.shim.pid) : identity.isAlive(run.shim.pid, run.shim.start),
      endOrphans: () => sweeper.killBearers(this.#runDir(name, run.id), { except: null }),
      secrets: () => secrets.known(),
      used: () => this.#options.used(run.id),
      complain: this.#options.complain,
    });
    this.#runs.set(run.id, live);
    return live;
  }

  async #signal({ agent: name, run: id, signal }: CommandOf<'signal'>): Promise<void> {
    const { sweeper } = this.#options;
    reach('stop:begin', id);
    await this.#logs.settled(name);
    const { agent, run } = this.#find(name, id);
    if (agent === null || run === null || run.shim === null) return;
    const cookie = this.#runDir(name, id);
    const { killMode } = agent.spec.stop;
    if (signal === 'TERM') {
      if (killMode === 'main' && run.pid !== null) await sweeper.signalMain(cookie, run.pid, 'SIGTERM');
      else await sweeper.signalGroup(cookie, run.shim.pid, 'SIGTERM');
      reach('stop:termed', id);
      return;
    }
    const { pid: shimPid } = run.shim;
    const only = (process: { pid: number; group: number }): boolean =>
      killMode === 'group' ? process.group === shimPid : process.pid === run.pid;
    await sweeper.killBearers(cookie, killMode === 'tree' ? { except: shimPid } : { except: shimPid, only });
    reach('stop:killed', id);
  }

  async #sweep({ agent: name, run: id }: CommandOf<'sweep'>): Promise<void> {
    const { sweeper, submit } = this.#options;
    reach('stop:begin', id);
    await this.#logs.settled(name);
    const shimPid = this.#find(name, id).run?.shim?.pid ?? 0;
    const { leftovers } = await sweeper.sweep(this.#runDir(name, id), shimPid);
    reach('stop:swept', id);
    await this.#runs.get(id)?.end();
    await submit({ type: 'gone', agent: name, run: id, leftovers });
    reach('stop:end', id);
  }

  #find(name: string, id: RunId): { agent: Agent | null; run: Run | null } {
    const agent = this.#options.fleet().agents[name] ?? null;
    const run = agent === null ? null : runOf(agent.state);
    return { agent, run: run?.id === id ? run : null };
  }

  async #environment(agent: Agent, run: RunId, staged: boolean): Promise<Given> {
    const { fleet, secrets } = this.#options;
    const { spec } = agent;
    const credential = fleet().credentials[credentialNameOf(agent) ?? ''];
    const home = agent.environment['HOME'] ?? '/';
    const injected =
      credential === undefined
        ? { variables: {}, fingerprint: null }
        : await secrets.credential(credential, home, spec.cwd, staged);
    if (credential !== undefined) refuseRetired(fleet(), credential.name, injected.fingerprint);
    const env = childEnvironment({
      plain: agent.environment,
      plainSecret: secrets.pick(PROXY_VARIABLES),
      declared: spec.env,
      envFile: spec.envFile === null ? {} : readEnvFile(spec.envFile),
      passed: secrets.pick(spec.envPass),
      credential: injected.variables,
      agent: spec.name,
      run: this.#runDir(spec.name, run),
    });
    secrets.see(env);
    return { env, fingerprint: injected.fingerprint };
  }
}
