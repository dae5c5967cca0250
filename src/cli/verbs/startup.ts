import { readFiles } from '../access.ts';
import { lingers } from '../startup/boot-place.ts';
import { installSteps } from '../startup/by-hand.ts';
import { installUnit } from '../startup/install.ts';
import { bootRequest, mustBeApplicable, startupOptions, type BootRequest } from '../startup/request.ts';
import type { Context } from '../verb.ts';

export const usage = '[systemd|launchd|cron] [--user|--system] [--apply]';
export const options = {
  ...startupOptions,
  apply: { type: 'boolean', summary: 'write and start the systemd unit, hand the daemon over to it' },
} as const;
export const takes = { min: 0, max: 1, what: '' };
export const examples = [
  'agentvisor startup                  print what starts a daemon at boot',
  'agentvisor startup --user --apply   install it as a systemd unit',
  'agentvisor startup systemd --system   print a unit that needs no log-in',
  'agentvisor startup cron',
];

/** Prints the text; with `--apply` it installs it. */
export async function run(context: Context): Promise<number> {
  const request = bootRequest(context);
  if (context.flag('apply')) return apply(context, request);
  const { kind, plan, text, file } = request;
  const commands = installSteps(request);
  const hints = await hintsFor(context, request);
  if (context.json) {
    context.answer({ kind, scope: plan.scope, name: plan.name, file, text, commands, hints, applied: false });
    return 0;
  }
  context.say(text.trimEnd());
  const byUs = kind === 'systemd' ? ` (or: agentvisor startup systemd --${plan.scope} --apply)` : '';
  context.note(`agentvisor: to install it${byUs}:`);
  for (const command of commands) context.note(`  ${command}`);
  for (const hint of hints) context.note(`agentvisor: ${hint}`);
  return 0;
}

async function apply(context: Context, request: BootRequest): Promise<number> {
  const file = mustBeApplicable(request);
  const { kind, plan, text } = request;
  const { change, pid, before } = await installUnit(plan, file, text, context.env);
  const hints = await hintsFor(context, request);
  if (context.json) {
    const done = { kind, scope: plan.scope, name: plan.name, file, text, commands: [], hints, applied: true };
    context.answer({ ...done, change, pid, before });
    return 0;
  }
  context.say(`${file} ${change}`);
  context.say(
    before === null
      ? `${plan.name} is enabled, its daemon is ${pid}`
      : `${plan.name} is enabled; daemon ${before} replaced by ${pid}, agents keep running`,
  );
  for (const hint of hints) context.note(`agentvisor: ${hint}`);
  return 0;
}

/** What keeps agents from coming up though a daemon does. */
async function hintsFor({ home }: Context, { kind, plan }: BootRequest): Promise<readonly string[]> {
  const { fleet } = await readFiles(home);
  const names = Object.values(fleet.credentials).flatMap(({ name, from }) =>
    from !== null && 'env' in from ? [name] : [],
  );
  const variables = names.map(
    (name) =>
      `credential '${name}' comes from a variable, which nobody sets at boot; put it into a file: from: { file }`,
  );
  if (kind !== 'systemd' || plan.scope !== 'user' || lingers(plan.user)) return variables;
  const linger = `it starts when ${plan.user} logs in and ends at the log-out; from boot on: loginctl enable-linger ${plan.user}`;
  return [linger, ...variables];
}
