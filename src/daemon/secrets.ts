import { existsSync, readFileSync } from 'node:fs';
import { readSecretFile } from '../box/secret-file.ts';
import { credentialEnvironment, fingerprint } from '../config/credentials.ts';
import { looksLikeSecret, parseEnvFile, pickEnvironment } from '../config/environment.ts';
import type { Agent } from '../kernel/fleet.ts';
import { CREDENTIAL_VARIABLES, type CredentialSpec } from '../kernel/spec.ts';
import { nextFile } from './rotation-files.ts';
import { outputOf } from './secret-command.ts';

export type Injected = {
  readonly variables: Readonly<Record<string, string>>;
  readonly fingerprint: string | null;
};

/** A secret that cannot be had: what a person can do about it. Never the secret, nor a part of it. */
export class NoSecret extends Error {}

/** Values that the CLI handed over. In memory only: a new daemon gets them back from a living agent or from the CLI. */
export class Secrets {
  readonly #values = new Map<string, string>();
  /** New secrets that are on their way into a file, by their fingerprints. */
  readonly #staged = new Map<string, string>();
  /** Everything that was ever injected, for redaction. */
  readonly #known = new Set<string>();

  keep(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) {
      // A variable that is set to nothing is not set: it must not take a good value's place.
      if (value === '') continue;
      this.#values.set(name, value);
      this.#known.add(value);
    }
  }

  /** Keeps a new secret until it stands in its file. @returns its fingerprint */
  stage(secret: string): string {
    const name = fingerprint(secret);
    this.#staged.set(name, secret);
    this.#known.add(secret);
    return name;
  }

  /** Gives a staged secret out, once. */
  staged(name: string): string | null {
    const secret = this.#staged.get(name) ?? null;
    this.#staged.delete(name);
    return secret;
  }

  /** What an agent is given and its name gives away as a secret, wherever it comes from: it may print it. */
  see(environment: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(environment)) if (looksLikeSecret(name)) this.#known.add(value);
  }

  known(): readonly string[] {
    return [...this.#known];
  }

  /**
   * Values of `names` that the daemon has; an agent's `envPass` may name one that the operator's shell did not have.
   */
  pick(names: readonly string[]): Readonly<Record<string, string>> {
    const picked: Record<string, string> = {};
    for (const name of names) {
      const value = this.#values.get(name);
      if (value !== undefined) picked[name] = value;
    }
    return picked;
  }

  /** The same of those that the secrets of these credentials come from. */
  ofSources(specs: readonly CredentialSpec[]): Readonly<Record<string, string>> {
    return this.pick(specs.flatMap(({ from }) => (from !== null && 'env' in from ? [from.env] : [])));
  }

  /**
   * @param staged the secret that a rotation has staged is meant, as long as it is there
   * @throws NoSecret
   */
  async credential(spec: CredentialSpec, home: string, cwd: string, staged: boolean): Promise<Injected> {
    if (spec.from === null) {
      return { variables: credentialEnvironment(spec, null, home), fingerprint: null };
    }
    const secret = await this.#read(spec, staged ? stagedSource(spec.from) : spec.from, cwd);
    this.#known.add(secret);
    return { variables: credentialEnvironment(spec, secret, home), fingerprint: fingerprint(secret) };
  }

  /** Takes back what a living agent was given, if it is what the state says it was given. */
  recover(agent: Agent, spec: CredentialSpec | undefined, environment: Readonly<Record<string, string>>): void {
    this.keep(pickKeys(environment, agent.spec.envPass));
    this.keep(proxiesOfShell(agent, environment));
    this.see(environment);
    const secret = secretIn(spec, environment);
    if (secret === null || fingerprint(secret) !== agent.fingerprint) return;
    this.#known.add(secret);
    const from = spec?.from ?? null;
    if (from !== null && 'env' in from) this.keep({ [from.env]: secret });
  }

  async #read(spec: CredentialSpec, from: NonNullable<CredentialSpec['from']>, cwd: string): Promise<string> {
    if ('env' in from) {
      const value = this.#values.get(from.env);
      if (value !== undefined && value !== '') return value;
      throw new NoSecret(
        `credential '${spec.name}' comes from the variable ${from.env}, which the daemon does not have; export it and run: agentvisor start FILE`,
      );
    }
    if ('file' in from) return secretOfFile(spec.name, from.file);
    return runSecretCommand(spec.name, from.command, cwd);
  }
}

/** Where the new secret of a rotation is: behind its last step it stands in the old one's place. */
function stagedSource(from: NonNullable<CredentialSpec['from']>): NonNullable<CredentialSpec['from']> {
  if (!('file' in from)) return from;
  const next = nextFile(from.file);
  return existsSync(next) ? { file: next } : from;
}

/** The credential in a process's environment, null when it was given none. */
export function secretIn(
  spec: CredentialSpec | undefined,
  environment: Readonly<Record<string, string>>,
): string | null {
  const variable = spec === undefined || spec.from === null ? null : CREDENTIAL_VARIABLES[spec.type];
  return variable === null ? null : (environment[variable] ?? null);
}

/** Variables of an `envFile`. @throws NoSecret */
export function readEnvFile(path: string): Readonly<Record<string, string>> {
  const parsed = parseEnvFile(readText(path, `envFile ${path}`));
  if (parsed.ok) return parsed.values;
  const first = parsed.mistakes[0];
  throw new NoSecret(`envFile ${path}, line ${first?.line ?? 0}: ${first?.message ?? 'not readable'}`);
}

function secretOfFile(name: string, path: string): string {
  const file = readSecretFile(path);
  switch (file.is) {
    case 'secret':
      return file.secret;
    case 'empty':
      throw new NoSecret(`credential '${name}': ${path} is empty`);
    case 'absent':
      throw new NoSecret(`credential '${name}': ${path} cannot be read (ENOENT)`);
    case 'unreadable':
      throw new NoSecret(`credential '${name}': ${path} cannot be read (${file.code})`);
    case 'open':
      throw new NoSecret(`credential '${name}': ${path} is not used, for ${file.why}; close it: ${file.todo}`);
  }
}

function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new NoSecret(`${what}: ${path} cannot be read (${code})`);
  }
}

async function runSecretCommand(name: string, command: readonly string[], cwd: string): Promise<string> {
  const outcome = await outputOf(command, cwd);
  const [file = ''] = command;
  if (!outcome.ok) throw new NoSecret(`credential '${name}': its command ${file} ${outcome.how}`);
  const secret = outcome.stdout.trim();
  if (secret !== '') return secret;
  throw new NoSecret(`credential '${name}': its command ${file} printed nothing`);
}

/** Those with a password, which are in no state. What the ecosystem file gives to this one agent is no other's. */
function proxiesOfShell(
  { spec }: Agent,
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const own = new Set([...Object.keys(spec.env), ...namesIn(spec.envFile)]);
  return Object.fromEntries(Object.entries(pickEnvironment(environment).secret).filter(([name]) => !own.has(name)));
}

function namesIn(envFile: string | null): readonly string[] {
  try {
    return envFile === null ? [] : Object.keys(readEnvFile(envFile));
  } catch {
    // Whoever is started with it is told so.
    return [];
  }
}

const pickKeys = (
  environment: Readonly<Record<string, string>>,
  names: readonly string[],
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => names.includes(name)));
