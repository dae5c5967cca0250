/**
 * Delivers one notice to one channel, in a process of its own, so that neither the death of the daemon ends it nor its
 * outcome is lost with the daemon. It is told all on stdin; after that it ends by itself, since every wait has a limit.
 */
import { text } from 'node:stream/consumers';
import { bootId, startTimeOf } from '../../home/process-identity.ts';
import { noteOutcome, take } from './notes.ts';
import { post } from './post.ts';
import { runCommand } from './run-command.ts';
import { EXIT, type Outcome, type Task } from './task.ts';

process.exit(await main(await text(process.stdin)));

async function main(told: string): Promise<number> {
  // A daemon that died while it spoke has told less than a line.
  if (!told.endsWith('\n')) return EXIT.forbidden;
  const task = JSON.parse(told) as Task;
  const taken = begin(task.notes);
  if (taken !== null) return taken;
  const { channel, body, limits } = task;
  const outcome =
    'webhook' in channel ? await post(channel.webhook, body, limits.postMs) : await runCommand(channel.command, task);
  note(task.notes, outcome);
  return outcome.delivered ? EXIT.delivered : EXIT.failed;
}

/** null: go on. Nothing that cannot be undone may be done without the right to it. */
function begin(notes: string | null): number | null {
  if (notes === null) return null;
  try {
    const { pid } = process;
    return take(notes, { pid, start: startTimeOf(pid) ?? '', boot: bootId() }) ? null : EXIT.forbidden;
  } catch {
    // The disk is full, or the folder is gone: the daemon says so and tries without notes.
    return EXIT.noNotes;
  }
}

function note(notes: string | null, outcome: Outcome): void {
  if (notes === null) return;
  try {
    noteOutcome(notes, outcome);
  } catch {
    // The exit code tells the same to a daemon that lives; one that comes later tries again.
  }
}
