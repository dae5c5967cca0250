import type { Board } from '../protocol/board.ts';
import { ask } from './access.ts';
import type { Context } from './verb.ts';

/** Whether a person sits in front of it who can see a screen and press keys. */
export const hasScreen = ({ env, json }: Context): boolean =>
  !json && process.stdout.isTTY && process.stdin.isTTY && env['TERM'] !== 'dumb';

/** The terminal UI; it is loaded here and nowhere else. */
export async function watch({ home, env, note }: Context, readonly: boolean): Promise<number> {
  const { watchFleet } = await import('../tui/main.ts');
  const exitCode = await watchFleet({ home, env, readonly });
  note('agentvisor: the agents keep running; agentvisor monit shows them again');
  return exitCode;
}

/** The same once, as text or JSON. */
export async function snapshot(context: Context): Promise<number> {
  const { value, exitCode } = await ask<Board>(
    context,
    (client) => client.call('board', {}),
    async () => {
      const { offlineBoard } = await import('../tui/snapshot.ts');
      return offlineBoard(context.home);
    },
  );
  if (context.json) {
    context.answer(value);
    return exitCode;
  }
  const { snapshotLines } = await import('../tui/snapshot.ts');
  for (const line of snapshotLines(value, context.env, Date.now())) context.say(line);
  return exitCode;
}
