import type { Board } from '../protocol/board.ts';
import { AgentvisorError } from '../protocol/errors.ts';
import { ask } from './access.ts';
import type { Context } from './verb.ts';

/** Whether a person sits in front of it who can see a screen and press keys. */
export const hasScreen = ({ env, json }: Context): boolean =>
  !json && process.stdout.isTTY && process.stdin.isTTY && env['TERM'] !== 'dumb';

/** The terminal UI; it is loaded here and nowhere else. */
export async function watch({ home, env, note }: Context, readonly: boolean): Promise<number> {
  const { watchFleet } = await import('../tui/main.ts');
  const parting = (): void => note('agentvisor: the agents keep running; agentvisor monit shows them again');
  try {
    const exitCode = await watchFleet({ home, env, readonly });
    parting();
    return exitCode;
  } catch (error) {
    // Our own bug must not leave anybody in doubt; what a person has to mend comes back until it is mended.
    if (!(error instanceof AgentvisorError)) parting();
    throw error;
  }
}

/** The same once, as text or JSON. */
export async function snapshot(context: Context): Promise<number> {
  let alive: number | null = null;
  const { value, exitCode } = await ask<Board>(
    context,
    (client) => client.call('board', {}),
    async () => {
      const { offlineBoard } = await import('../tui/snapshot.ts');
      const offline = offlineBoard(context.home);
      ({ alive } = offline);
      return offline.fleet;
    },
  );
  if (context.json) {
    context.answer(value);
    return exitCode;
  }
  const { snapshotLines } = await import('../tui/snapshot.ts');
  const link = alive === null ? ({ at: 'live' } as const) : ({ at: 'offline', alive } as const);
  for (const line of snapshotLines(value, link, context.env, Date.now())) context.say(line);
  return exitCode;
}
