import { tokenShapeDoubts, tokenShapeProblems } from '../../claude/token-shape.ts';
import type { CredentialSpec } from '../../kernel/spec.ts';
import { AgentvisorError } from '../../protocol/errors.ts';
import { count } from '../../wording/count.ts';
import { act } from '../act.ts';
import { withClient } from '../../client/client.ts';
import { confirm } from '../confirm.ts';
import { readSecret } from '../rotate/secret-input.ts';
import { beginRotation, followRotation } from '../rotate/rotation.ts';
import { usageError } from '../usage.ts';
import type { Context } from '../verb.ts';

export const usage = 'CREDENTIAL [--from FILE|-] [--yes] | CREDENTIAL --undo';
export const options = {
  from: {
    type: 'string',
    value: 'FILE|-',
    summary: 'where the new secret is; else it is asked for, unseen',
  },
  yes: { type: 'boolean', short: 'y', summary: 'do not ask whether to go on' },
  undo: { type: 'boolean', summary: 'give up a rotation: all go back to the old secret' },
} as const;
export const takes = { min: 1, max: 1, what: 'the name of a CREDENTIAL' };
export const examples = [
  'agentvisor rotate max                       asks for the new token',
  'agentvisor rotate max --from ./new-token',
  'pass claude/new | agentvisor rotate max --from - --yes',
  'agentvisor rotate max --undo',
];

/** One agent takes the new secret and must answer; then the others follow, one at a time; then it takes the old one's place. */
export async function run(context: Context): Promise<number> {
  const [credential = ''] = context.args;
  if (context.flag('undo')) {
    await withClient(context.home, (client) => client.call('undo-rotation', { credential }));
  } else {
    await begin(context, credential);
  }
  return followRotation(context, credential);
}

async function begin(context: Context, credential: string): Promise<void> {
  const { spec, agents } = await lookUp(context, credential);
  const secret = await readSecret(context.option('from'));
  const [problem] = tokenShapeProblems(spec.type, secret);
  if (problem !== undefined) {
    throw usageError(`This is no secret for '${credential}': ${problem}.`, 'Copy it again, whole and on one line.');
  }
  for (const doubt of tokenShapeDoubts(spec.type, secret)) context.note(`agentvisor: warning: ${doubt}`);
  if (!context.flag('yes')) await ask(credential, agents);
  await beginRotation(context, credential, secret);
}

async function lookUp(
  context: Context,
  credential: string,
): Promise<{ readonly spec: CredentialSpec; readonly agents: number }> {
  return act(context, [], async (client) => {
    const [specs, rows] = await Promise.all([client.call('credentials', {}), client.call('list', { targets: [] })]);
    const spec = specs.find(({ name }) => name === credential);
    if (spec === undefined) throw unknownCredential(credential, specs);
    return { spec, agents: rows.filter((row) => row.credential?.name === credential).length };
  });
}

async function ask(credential: string, agents: number): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw usageError('rotate cannot ask here (no terminal).', 'Say that it may go on: --yes');
  }
  const who = agents === 0 ? 'No agent uses' : agents === 1 ? 'One agent uses' : `${agents} agents use`;
  const isMeant = await confirm(`${who} '${credential}'; one tries the new secret, then the others get it. Go on?`);
  if (!isMeant) throw new AgentvisorError('failed', 'Nothing was changed.', 'Begin again when you mean it.');
}

const unknownCredential = (name: string, specs: readonly CredentialSpec[]): AgentvisorError =>
  new AgentvisorError(
    'no-such-agent',
    `No credential is called ${name}.`,
    specs.length === 0
      ? 'None is declared yet: agentvisor start FILE'
      : `There ${count(specs.length, 'credential') === '1 credential' ? 'is' : 'are'}: ${specs.map((spec) => spec.name).join(', ')}`,
  );
