import { existsSync } from 'node:fs';
import { removeSteps } from '../startup/by-hand.ts';
import { removeInstalled } from '../startup/install.ts';
import { bootRequest, mustBeApplicable, startupOptions, type BootRequest } from '../startup/request.ts';
import { readOwnUnit } from '../startup/unit-file.ts';
import type { Context } from '../verb.ts';

export const usage = '[systemd|launchd|cron] [--user|--system] [--apply]';
export const options = {
  ...startupOptions,
  apply: { type: 'boolean', summary: 'stop and remove the systemd unit; a daemon goes on without it' },
} as const;
export const takes = { min: 0, max: 1, what: '' };
export const examples = [
  'agentvisor unstartup                  print the commands that undo startup',
  'agentvisor unstartup --user --apply   do it; agents keep running',
  'agentvisor unstartup launchd',
];

/** Prints what undoes `startup`; with `--apply` it does it. */
export async function run(context: Context): Promise<number> {
  const request = bootRequest(context);
  if (context.flag('apply')) return apply(context, request);
  const { kind, plan, file } = request;
  const commands = removeSteps(request);
  if (context.json) context.answer({ kind, scope: plan.scope, name: plan.name, file, commands, applied: false });
  else for (const command of commands) context.say(command);
  return 0;
}

async function apply(context: Context, request: BootRequest): Promise<number> {
  const file = mustBeApplicable(request);
  const { kind, plan } = request;
  const isThere = existsSync(file) && readOwnUnit(file) !== null;
  const pid = isThere ? await removeInstalled(plan, file, context.env) : null;
  if (context.json) {
    const change = isThere ? 'removed' : 'unchanged';
    context.answer({ kind, scope: plan.scope, name: plan.name, file, commands: [], applied: true, change, pid });
  } else if (!isThere) context.note(`agentvisor: there is no ${file}`);
  else context.say(`${file} removed${pid === null ? '' : `; daemon ${pid} goes on without it, agents keep running`}`);
  return 0;
}
