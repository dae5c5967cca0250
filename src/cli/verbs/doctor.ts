import { EXIT_CODES } from '../../protocol/errors.ts';
import { examine } from '../doctor/examine.ts';
import { doctorLines, HANG } from '../doctor/groups.ts';
import { findPatients } from '../doctor/patients.ts';
import { terminalOf } from '../../wording/terminal.ts';
import { NO_OPTIONS } from '../verb.ts';
import type { Context } from '../verb.ts';
import { wrap } from '../../wording/wrap.ts';

export const usage = '[FILE]';
export const options = NO_OPTIONS;
export const takes = { min: 0, max: 1, what: '' };
export const examples = [
  'agentvisor doctor                   the agents of this home',
  'agentvisor doctor ./ecosystem.ts    those of a file, before they start',
  'agentvisor doctor --json',
];

/** What is done sooner needs no word. */
const PATIENCE_MS = 1_000;

/** Looks at all that agents stand on; 0 when nothing is wrong, 1 when something is. */
export async function run(context: Context): Promise<number> {
  const patients = await findPatients(context);
  if (patients === undefined) return EXIT_CODES.usage;
  const groups = await withPatience(context, (tell) => examine(context, patients, tell));
  const findings = groups.flatMap((group) => group.findings.map((finding) => ({ group: group.title, ...finding })));
  const isWell = findings.every(({ level }) => level !== 'error');
  const { width } = terminalOf(process.stdout, context.env);
  if (context.json) context.answer({ ok: isWell, findings });
  else for (const line of doctorLines(groups)) context.say(wrap(line, width, HANG));
  return isWell ? 0 : EXIT_CODES.failed;
}

/** Tells what is being done once it takes longer than a second. */
async function withPatience<T>(context: Context, work: (tell: (step: string) => void) => Promise<T>): Promise<T> {
  let step = '';
  let isLong = false;
  const say = (): void => context.note(`agentvisor: ${step}`);
  const timer = setTimeout(() => {
    isLong = true;
    say();
  }, PATIENCE_MS);
  try {
    return await work((next) => {
      step = next;
      if (isLong) say();
    });
  } finally {
    clearTimeout(timer);
  }
}
