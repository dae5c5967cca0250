import type { RotationRow } from '../../protocol/api.ts';
import { EXIT_CODES } from '../../protocol/errors.ts';
import { act, patiently } from '../act.ts';
import { withClient } from '../../client/client.ts';
import type { Client } from '../../client/client.ts';
import { fit } from '../fit.ts';
import type { Context } from '../verb.ts';
import { endLine, stepLine } from './step-lines.ts';

/** Hands a new secret to the daemon; when this returns it is on the disk beside the old one. */
export async function beginRotation(context: Context, credential: string, secret: string): Promise<void> {
  await act(context, [], (client) => client.call('rotate', { credential, secret }));
}

/** Tells each step as it happens, also over a daemon that dies in between. @returns the exit code */
export async function followRotation(context: Context, credential: string): Promise<number> {
  let seen = 0;
  for (;;) {
    const next = (): Promise<RotationRow | null> =>
      withClient(context.home, (client: Client) => client.call('rotation', { credential, seen }));
    const row = await patiently(context, next, next);
    if (row === null) return EXIT_CODES.failed;
    seen += row.steps.length;
    for (const step of row.steps) {
      if (context.json) context.answer(step);
      else context.say(fit(stepLine(step), process.stdout, context.env));
    }
    if (row.over) return report(context, row);
  }
}

function report(context: Context, row: RotationRow): number {
  const { id, credential, from, to, stage, unproven, why } = row;
  if (context.json) context.answer({ rotation: id, credential, from, to, stage, unproven, why });
  else context.note(`agentvisor: ${endLine(row)}`);
  return stage === 'undone' ? EXIT_CODES.failed : 0;
}
