import { looksLikeSecret, parseEnvFile, PROXY_VARIABLES } from '../config/environment.ts';
import { givenEnvironment } from '../home/given-environment.ts';
import { loadState } from '../home/journal.ts';
import { identity } from '../home/process-identity.ts';
import type { Agent } from '../kernel/fleet.ts';
import { redactor } from '../kernel/redaction.ts';
import { CREDENTIAL_VARIABLES, type AgentSpec, type CredentialSpec } from '../kernel/spec.ts';
import { readPlain } from './plain-file.ts';
import { readSecretFile } from './secret-file.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * What must not be shown of an agent's output: the secrets that the agents of this home were given, and those that they would be
 * given now, as far as files, this environment and living processes tell. For redaction alone; they are kept nowhere.
 */
function knownSecrets(home: string, env: Variables): readonly string[] {
  const { agents, credentials } = declared(home);
  const boot = identity.bootId();
  const found = [
    ...Object.values(agents).flatMap((agent) => [...givenTo(agent, boot), ...declaredFor(agent.spec)]),
    ...Object.values(credentials).flatMap((spec) => inPlaceOf(spec, env)),
  ];
  return [...new Set(found.filter((value) => value !== ''))];
}

/** Takes them out of what a run has written. */
export type LogRedactor = (text: string, run: string) => string;

/**
 * @param newest the last run that is known: one that begins later may have been given other secrets, so it is looked again
 */
export function logRedactor(home: string, env: Variables, newest: string): LogRedactor {
  let secrets = new Set(knownSecrets(home, env));
  let redact = redactor([...secrets]);
  let last = newest;
  return (text, run) => {
    if (run > last) {
      last = run;
      secrets = new Set([...secrets, ...knownSecrets(home, env)]);
      redact = redactor([...secrets]);
    }
    return redact(text);
  };
}

function declared(home: string): Pick<ReturnType<typeof loadState>['fleet'], 'agents' | 'credentials'> {
  try {
    return loadState(home).fleet;
  } catch {
    // Logs can be read without a state; what looks like a credential by itself is redacted in any case.
    return { agents: {}, credentials: {} };
  }
}

const CREDENTIALS = Object.values(CREDENTIAL_VARIABLES);

function givenTo(agent: Agent, boot: string): readonly string[] {
  const isSecret = (name: string): boolean =>
    CREDENTIALS.includes(name) ||
    agent.spec.envPass.includes(name) ||
    PROXY_VARIABLES.includes(name) ||
    looksLikeSecret(name);
  return Object.entries(givenEnvironment(agent, boot) ?? {}).flatMap(([name, value]) =>
    isSecret(name) ? [value] : [],
  );
}

function declaredFor({ env, envFile }: AgentSpec): readonly string[] {
  const file = envFile === null ? null : readPlain(envFile);
  const parsed = file?.is === 'read' ? parseEnvFile(file.text) : null;
  const variables = { ...env, ...(parsed?.ok === true ? parsed.values : {}) };
  return Object.entries(variables).flatMap(([name, value]) => (looksLikeSecret(name) ? [value] : []));
}

/** The output of a command is not asked for: a living agent shows what it gave. */
function inPlaceOf({ from }: CredentialSpec, env: Variables): readonly string[] {
  if (from === null || 'command' in from) return [];
  if ('env' in from) return [env[from.env] ?? ''];
  const file = readSecretFile(from.file);
  return file.is === 'secret' ? [file.secret] : [];
}
