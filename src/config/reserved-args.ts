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
 * Whether agentvisor owns this argument of `claude`. A value that is spelled like one is taken for it: which options
 * take values changes with the version, and a warning too many is cheaper than a lost conversation.
 */
export function isReserved(arg: string): boolean {
  const [name = ''] = arg.split('=', 1);
  if (!/^-[a-z]/i.test(arg)) return RESERVED.has(name);
  for (const letter of name.slice(1)) {
    if (RESERVED_SHORT.has(letter)) return true;
    if (VALUED_SHORT.has(letter)) return false;
  }
  return false;
}
