import { markedRuns } from '../../home/run-marks.ts';
import { AgentvisorError } from '../../protocol/errors.ts';
import { isNotRunning, readFiles } from '../access.ts';
import { count } from '../../wording/count.ts';
import { endAnyDaemon, endDaemon, letKeepersRest } from '../daemon-end.ts';
import type { Ended } from '../daemon-end.ts';
import { launchDaemon } from '../launch.ts';
import { NO_ARGUMENTS, NO_OPTIONS } from '../verb.ts';
import type { Context } from '../verb.ts';

export const usage = '';
export const options = NO_OPTIONS;
export const takes = NO_ARGUMENTS;
export const examples = ['agentvisor kill', 'agentvisor daemon stop      the daemon only; agents keep running'];

/**
 * What is wanted is that nothing runs; that nothing ran is no failure. Where a dead daemon has left agents behind, a
 * new one is started for it: only a daemon stops an agent properly.
 */
export async function run(context: Context): Promise<number> {
  // Before, for a daemon that is just starting, and after, should one have been started for it.
  const before = letKeepersRest(context.home);
  try {
    const ended = await stopEverything(context);
    if (context.json) context.answer({ stopped: ended?.stopped ?? [] });
    else if (ended === undefined) context.note('agentvisor: daemon not running, 0 agents alive');
    else
      context.say(
        ended.stopped === null ? 'everything stopped' : `daemon and ${count(ended.stopped.length, 'agent')} stopped`,
      );
    return 0;
  } finally {
    const refused = letKeepersRest(context.home) ?? before;
    if (refused !== null) context.note(`agentvisor: ${refused}`);
  }
}

/** Known by the state, or by their marks alone. */
async function isAnybodyLeft(home: string): Promise<boolean> {
  return (await readFiles(home)).alive > 0 || (await markedRuns(home)).length > 0;
}

/** Undefined when nothing ran. */
async function stopEverything({ home, env }: Context): Promise<Ended | undefined> {
  try {
    return await endDaemon(home, true);
  } catch (error) {
    if (error instanceof AgentvisorError && error.code === 'version-mismatch') await endAnyDaemon(home);
    else if (!isNotRunning(error)) throw error;
    else if (!(await isAnybodyLeft(home))) return undefined;
    await launchDaemon(home, env);
    letKeepersRest(home);
    return endDaemon(home, true);
  }
}
