import type { AgentResult } from '../../src/protocol/api.ts';
import { fakeDaemon } from './fake-daemon.ts';
import type { FakeDaemon, Reply } from './fake-daemon.ts';
import { temporaryFolder } from './folder.ts';
import { runCli } from './run-cli.ts';
import type { CliOptions, CliResult } from './run-cli.ts';

export type ScriptedDaemon = {
  readonly home: string;
  readonly run: (args: readonly string[], options?: Partial<CliOptions>) => Promise<CliResult>;
  readonly daemon: FakeDaemon;
};

/** A daemon that gives these answers and nothing else, and a CLI that speaks with it. */
export async function daemonThatSays(answers: Readonly<Record<string, unknown>>): Promise<ScriptedDaemon> {
  const home = temporaryFolder();
  const reply: Reply = (method, params) => {
    const answer = answers[method];
    return typeof answer === 'function' ? (answer as (given: unknown) => unknown)(params) : answer;
  };
  const daemon = await fakeDaemon(home, reply);
  return { home, run: (args, options = {}) => runCli(args, { home, ...options }), daemon };
}

/** The last thing it was asked. */
export const asked = (daemon: FakeDaemon): unknown => daemon.requests.at(-1);

export const result = (name: string, ok: boolean, row: Partial<AgentResult> = {}): AgentResult => ({
  name,
  ok,
  change: ok ? 'stopped' : '',
  cause: ok ? null : 'spawn-failed',
  detail: ok ? '' : 'There is no program /nowhere.',
  ...row,
});
