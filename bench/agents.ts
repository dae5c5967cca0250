import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const AGENT = fileURLToPath(new URL('agents/agent.mjs', import.meta.url));

/** What the agent does when it is told to, and how it says so. */
export type AgentPlan = {
  /** A FIFO that the bench reads: `ready PID`, `failing PID AT_NS`, `signal NS`, `wrote NS`, `flooded LINES_A_SECOND`. */
  readonly ear: string;
  /** A FIFO that tells it to do its work; null: a message does, in Claude Code's protocol. */
  readonly trigger: string | null;
  /** A file: while it is there the next message is work, and any other is answered. */
  readonly due: string;
} & (
  | { readonly work: 'fail' }
  | { readonly work: 'lines'; readonly lines: number }
  | { readonly work: 'flood'; readonly perSecond: number; readonly seconds: number }
);

/** A program without arguments that is this agent. */
export function agentProgram(folder: string, plan: AgentPlan): readonly [string] {
  const file = join(folder, 'plan.json');
  const program = join(folder, 'agent');
  writeFileSync(file, JSON.stringify(plan));
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${AGENT}' '${file}' "$@"\n`);
  chmodSync(program, 0o755);
  return [program];
}

/** Idle for longer than any measure takes; nobody else has a process like it. */
export const SLEEP = ['sleep', '86399'] as const;

/** Whether a process is one of them; who starts it may have put its path in front. */
export const isSleep = (argv: readonly string[]): boolean => argv.length === SLEEP.length && argv[1] === SLEEP[1];

/** Says its pid to the ear, then is idle. */
export const sayThenSleep = (folder: string, name: string, ear: string): readonly [string] => {
  const program = join(folder, `say-${name}`);
  writeFileSync(program, `#!/bin/sh\necho ${name} $$ >'${ear}'\nexec ${SLEEP.join(' ')}\n`);
  chmodSync(program, 0o755);
  return [program];
};
