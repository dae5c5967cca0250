import { join } from 'node:path';
import type { SignInWay } from '../../claude/sign-in.ts';
import { closest } from '../../config/suggest.ts';
import { defaultConfigDir } from '../../config/credentials.ts';
import type { AgentSpec, CredentialSpec } from '../../kernel/spec.ts';
import { AgentvisorError } from '../../protocol/errors.ts';
import { usageError } from '../usage.ts';

/** A credential that a sign-in can make, and where its result goes. */
export type Target =
  | { readonly way: 'setup-token'; readonly credential: CredentialSpec; readonly file: string }
  | { readonly way: 'auth-login'; readonly credential: CredentialSpec; readonly file: string };

/** The operator's machine, as far as it decides. */
export type Machine = { readonly home: string; readonly platform: NodeJS.Platform };

/** The one that is named, or the only one that can be signed in to. @throws AgentvisorError */
export function chooseTarget(
  credentials: readonly CredentialSpec[],
  name: string | undefined,
  machine: Machine,
): Target {
  if (credentials.length === 0) throw noneDeclared();
  if (name !== undefined) {
    const named = credentials.find((credential) => credential.name === name);
    if (named === undefined) throw unknown(name, credentials);
    return required(named, machine);
  }
  const possible = credentials.map((credential) => targetOf(credential, machine)).filter((each) => 'way' in each);
  const [only, other] = possible;
  if (only !== undefined && other === undefined) return only;
  const [first] = credentials;
  // One alone is told why; of several nobody knows which was meant.
  if (first !== undefined && credentials.length === 1) return required(first, machine);
  throw several(credentials, possible);
}

function required(credential: CredentialSpec, machine: Machine): Target {
  const target = targetOf(credential, machine);
  if (target instanceof AgentvisorError) throw target;
  return target;
}

/** Where the result would go, or why there is no sign-in to this one. */
function targetOf(credential: CredentialSpec, machine: Machine): Target | AgentvisorError {
  const { type, from, configDir, name } = credential;
  switch (type) {
    case 'api-key':
      return refused(
        `'${name}' is an API key, which no sign-in makes.`,
        `Make one in the Claude Console, then: agentvisor rotate ${name}`,
      );
    case 'stored-login':
      if (machine.platform === 'darwin') return inKeychain(name);
      return {
        way: 'auth-login',
        credential,
        file: join(configDir ?? defaultConfigDir(machine.home), '.credentials.json'),
      };
    case 'oauth-token':
      if (from !== null && 'file' in from) return { way: 'setup-token', credential, file: from.file };
      return refused(
        `'${name}' comes from ${from !== null && 'env' in from ? `the variable ${from.env}` : 'a command'}, where a sign-in cannot put it.`,
        `Declare a file for it in the ecosystem file: from: { file: './${name}.token' }`,
      );
  }
}

/** The program of the first agent that uses it, so that it is signed in to by the version that will use it. */
export function claudeFor(credential: string, agents: readonly AgentSpec[]): string {
  const user = agents.find(({ mode, credentials }) => mode === 'stream' && credentials.includes(credential));
  return user?.claude.bin ?? 'claude';
}

export const WAYS: Readonly<Record<SignInWay, string>> = {
  'setup-token': 'claude setup-token',
  'auth-login': 'claude auth login',
};

const refused = (message: string, nextStep: string): AgentvisorError =>
  new AgentvisorError('refused', message, nextStep);

const inKeychain = (name: string): AgentvisorError =>
  refused(
    `'${name}' is a stored login, which macOS keeps in the keychain.`,
    'Sign in by hand: claude auth login, with the same CLAUDE_CONFIG_DIR if the file names a configDir.',
  );

const noneDeclared = (): AgentvisorError =>
  usageError(
    'No credential is declared.',
    'Name the file that declares one: agentvisor login --file FILE, or write one: agentvisor init',
  );

function unknown(name: string, credentials: readonly CredentialSpec[]): AgentvisorError {
  const names = credentials.map((credential) => credential.name);
  const near = closest(name, names);
  const nextStep = near === undefined ? `There are: ${names.join(', ')}` : `Did you mean: agentvisor login ${near}`;
  return usageError(`No credential is called ${JSON.stringify(name.slice(0, 60))}.`, nextStep);
}

function several(credentials: readonly CredentialSpec[], possible: readonly Target[]): AgentvisorError {
  if (possible.length === 0)
    return usageError(
      'None of the credentials can be signed in to.',
      `Say which one was meant, to hear why: ${credentials.map(({ name }) => name).join(', ')}`,
    );
  return usageError(
    'More than one credential can be signed in to.',
    `Name one: ${possible.map(({ credential, way }) => `agentvisor login ${credential.name} (${WAYS[way]})`).join(', ')}`,
  );
}
