import { lstat } from 'node:fs/promises';
import { tokenShapeProblems } from '../claude/token-shape.ts';
import type { Fleet } from '../kernel/fleet.ts';
import { isOver, recordOf } from '../kernel/ledger.ts';
import { mayUndo, refusalOf } from '../kernel/rotation.ts';
import type { CredentialSpec } from '../kernel/spec.ts';
import type { Api, RotationRow } from '../protocol/api.ts';
import { AgentvisorError } from '../protocol/errors.ts';
import { rotationRow } from '../protocol/rotation-row.ts';
import type { DaemonContext } from './context.ts';
import { mustKeep } from './kept.ts';
import { lookAtFiles } from './rotation-files.ts';

/** What a secret can be at most; a header carries no more. */
const SECRET_CHARACTERS_MAX = 8_192;

/** Begins to replace a secret. @throws AgentvisorError when that is refused: nothing has changed then */
export async function begin(
  context: DaemonContext,
  { credential, secret }: Api['rotate']['params'],
): Promise<Api['rotate']['result']> {
  const { engine, secrets } = context;
  await mustKeep(context);
  const spec = credentialIn(engine.fleet, credential);
  const source = await sourceOf(spec);
  if (!/^[\x21-\x7e]+$/.test(secret) || secret.length > SECRET_CHARACTERS_MAX) {
    throw new AgentvisorError(
      'usage',
      'This is no secret: it is empty, has blanks or line breaks in it, or is too long.',
      'Copy it again, whole and on one line.',
    );
  }
  const [problem] = tokenShapeProblems(spec.type, secret);
  if (problem !== undefined) {
    throw new AgentvisorError(
      'usage',
      `This is no secret for '${credential}': ${problem}.`,
      'Copy it again, whole and on one line.',
    );
  }
  const from = currentIn(source);
  const to = secrets.stage(secret);
  const refusal = refusalOf(engine.fleet, credential, from, to);
  if (refusal !== null) throw refused(refusal);
  await engine.submit({ type: 'rotate-asked', credential, source, from, to });
  const { rotation } = recordOf(engine.fleet, credential);
  // Somebody else was a moment faster.
  if (rotation?.to !== to) throw refused(`another rotation of '${credential}' has just begun`);
  return { rotation: rotation.id };
}

/** Gives one up. @throws AgentvisorError when there is none, or when the new secret has taken the old one's place already */
export async function undo({ engine }: DaemonContext, credential: string): Promise<{ readonly rotation: string }> {
  credentialIn(engine.fleet, credential);
  const { rotation } = recordOf(engine.fleet, credential);
  if (rotation === null || isOver(rotation)) throw refused(`no rotation of '${credential}' is under way`);
  if (rotation.stage === 'undoing') return { rotation: rotation.id };
  if (!mayUndo(rotation)) {
    throw refused(
      `the new secret of '${credential}' is proven and taking the old one's place; rotate to another one behind that`,
    );
  }
  await engine.submit({ type: 'undo-asked', credential });
  return { rotation: rotation.id };
}

/** The steps beyond those that the client has seen, as soon as there are any. */
export async function follow(
  { engine, until }: DaemonContext,
  credential: string,
  seen: number,
): Promise<RotationRow | null> {
  credentialIn(engine.fleet, credential);
  const row = (fleet: Fleet): RotationRow | null => rotationRow(fleet, credential);
  await until((fleet) => {
    const now = row(fleet);
    return now === null || now.over || now.steps.length > seen;
  });
  const found = row(engine.fleet);
  return found === null ? null : { ...found, steps: found.steps.slice(seen) };
}

function credentialIn({ credentials }: Fleet, name: string): CredentialSpec {
  const spec = Object.hasOwn(credentials, name) ? credentials[name] : undefined;
  if (spec !== undefined) return spec;
  const known = Object.keys(credentials).toSorted();
  const names = known.length === 0 ? 'None is declared yet: agentvisor start FILE' : `There are: ${known.join(', ')}`;
  throw new AgentvisorError('no-such-agent', `No credential is called ${name}.`, names);
}

/** What the file holds now. @throws AgentvisorError when it, or what a rotation puts beside it, cannot be read */
function currentIn(source: string): string | null {
  try {
    return lookAtFiles(source).current;
  } catch (error) {
    throw refused(
      error instanceof Error ? error.message : String(error),
      'Mend that, or remove what stands beside the secret: FILE.next, FILE.prev.',
    );
  }
}

/** The file that is replaced. @throws AgentvisorError for what cannot be staged beside itself, with the way out */
async function sourceOf({ name, type, from }: CredentialSpec): Promise<string> {
  if (type === 'stored-login' || from === null) {
    throw refused(
      `'${name}' is a stored login, which Claude Code itself keeps`,
      `Sign in again: agentvisor login ${name}`,
    );
  }
  if ('env' in from) {
    throw refused(
      `'${name}' comes from the variable ${from.env}, which agentvisor cannot change`,
      `Export the new value and run: agentvisor start FILE; or declare a file, from: { file: './token' }, which can be rotated.`,
    );
  }
  if ('command' in from) {
    throw refused(
      `'${name}' comes from a command, whose store agentvisor cannot change`,
      'Change it in that store, then renew the agents one by one: agentvisor reload NAME',
    );
  }
  const found = await lstat(from.file).catch(() => null);
  if (found !== null && !found.isFile()) {
    throw refused(
      `${from.file} is no plain file, and a rotation would put one in its place`,
      'Replace the secret where it really is: a changed file is noticed, and its agents get it one by one.',
    );
  }
  return from.file;
}

const refused = (what: string, nextStep = 'See how they are: agentvisor auth'): AgentvisorError =>
  new AgentvisorError('refused', `${what[0]?.toUpperCase() ?? ''}${what.slice(1)}.`, nextStep);
