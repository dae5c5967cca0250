import { readOwner, START_AGAIN_EXIT } from '../home/owner.ts';
import { homeFolder } from '../home/paths.ts';
import { COOKIES } from '../kernel/cookies.ts';
import { AgentvisorError } from '../protocol/errors.ts';
import { CrashRecorder } from './crash-recorder.ts';
import { DaemonLog } from './daemon-log.ts';
import { startDaemon } from './daemon.ts';

/** `daemon run`, and not what a keeper runs. */
const isForeground = process.argv.includes('run');

/** How long the last answers may take to leave. */
const FAREWELL_MS = 500;

const log = new DaemonLog();
// Node would print it as it is, with whatever secret it quotes.
process.on('uncaughtException', (error) => {
  log.complain('the daemon ended', error);
  process.exit(1);
});

/**
 * The daemon's program. It ends with 0 when it was asked to end, or when another daemon owns the home; its keeper or unit
 * starts it again after anything else.
 */
async function main(): Promise<number> {
  for (const cookie of COOKIES) delete process.env[cookie];
  const home = homeFolder(process.env);
  const crashes = new CrashRecorder(home, log.complain);
  const daemon = await startDaemon(home, log, crashes).catch((error: unknown) => {
    if (!(error instanceof AgentvisorError)) crashes.failed(error);
    throw error;
  });
  if (daemon === null) {
    // Of many that are launched at once all but one end so, and nobody asks why.
    if (isForeground)
      console.error(`agentvisor: daemon ${readOwner(home)?.pid ?? ''} owns ${home} already; see: agentvisor daemon`);
    return 0;
  }
  // As PID 1 of a container there is nobody else who could hold the agents.
  const isLast = process.pid === 1 || process.argv.includes('--with-agents');
  const end = { withAgents: false, code: 0 };
  const byClient = daemon.asked.then(() => end);
  const bySignal = new Promise<typeof end>((done) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => done({ ...end, withAgents: isLast }));
    process.once('SIGUSR2', () => done({ ...end, code: START_AGAIN_EXIT }));
  });
  // A closed terminal is no reason to end.
  process.on('SIGHUP', () => undefined);
  const reason = await Promise.race([byClient, bySignal, daemon.lost.then(() => null)]);
  if (reason === null) {
    log.complain('the daemon ends', 'another one owns the home by now');
    return 0;
  }
  await daemon.close({ withAgents: reason.withAgents });
  return reason.code;
}

main().then(
  (code) => {
    // It may come to its end before that time is over.
    process.exitCode = code;
    return setTimeout(() => process.exit(code), FAREWELL_MS).unref();
  },
  (error: unknown) => {
    if (error instanceof AgentvisorError) console.error(`agentvisor: ${error.message} ${error.nextStep}`);
    else log.complain('the daemon ended', error);
    process.exit(1);
  },
);
