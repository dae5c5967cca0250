import type { SessionPlan } from '../kernel/session.ts';
import type { AgentSpec } from '../kernel/spec.ts';

/** A stream agent: one process, many turns, every accepted message echoed. */
const STREAM_FLAGS = [
  '-p',
  '--input-format',
  'stream-json',
  '--output-format',
  'stream-json',
  '--verbose',
  '--replay-user-messages',
] as const;

/** The operator's own arguments come last, so that an option of theirs that takes a list swallows none of ours. */
export function agentArgv(spec: AgentSpec, session: SessionPlan): string[] {
  const { bin, model, args } = spec.claude;
  return [bin, ...STREAM_FLAGS, ...sessionFlags(session), ...(model === null ? [] : ['--model', model]), ...args];
}

/** `--session-id` beside `--resume` is refused without `--fork-session`; with it the copy gets that id (measured). */
function sessionFlags(session: SessionPlan): readonly string[] {
  switch (session.kind) {
    case 'new':
      return ['--session-id', session.id];
    case 'resume':
      return [
        '--resume',
        session.id,
        ...(session.at === null ? [] : ['--resume-session-at', session.at]),
        ...(session.fork === null ? [] : ['--fork-session', '--session-id', session.fork.newId]),
      ];
  }
}

/** How an agent speaks and which conversation it is in are agentvisor's to say; the model has an option of its own. */
const RESERVED: ReadonlySet<string> = new Set(
  [
    '--print --input-format --output-format --replay-user-messages --model --',
    '--resume --continue --session-id --fork-session --no-session-persistence --from-pr',
    // Not in `--help`, but both versions know them: where to resume, and to go on without being asked.
    '--resume-session-at --resume-drops-turn --reply-on-resume --rewind-files --sdk-url',
    // Another kind of process than the one that is supervised, or none at all.
    '--background --bg --tmux --teleport --cloud --remote --remote-control --desktop',
    '--init-only --help --version',
  ].flatMap((names) => names.split(' ')),
);
const RESERVED_SHORT = new Set(['p', 'c', 'r', 'h', 'v']);
/** After one of these the rest of a bundle is its value: `-nreview`. */
const VALUED_SHORT = new Set(['d', 'n', 'w']);

/**
 * The arguments of `claude.args` that agentvisor owns. A value that is spelled like one of them is reported too: which
 * options take values changes with the version, and a refusal is cheaper than a lost conversation.
 */
export const reservedArgs = (args: readonly string[]): string[] => args.filter(isReserved);

function isReserved(arg: string): boolean {
  const [name = ''] = arg.split('=', 1);
  if (!/^-[a-z]/i.test(arg)) return RESERVED.has(name);
  for (const letter of name.slice(1)) {
    if (RESERVED_SHORT.has(letter)) return true;
    if (VALUED_SHORT.has(letter)) return false;
  }
  return false;
}
