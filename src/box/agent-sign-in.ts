import { join } from 'node:path';
import { isSwitch, SIGN_IN_VARIABLES, signInSources } from '../claude/precedence.ts';
import type { SignIn, SignInVariable, Source } from '../claude/precedence.ts';
import { kindOfSecret } from '../claude/token-shape.ts';
import { credentialEnvironment, defaultConfigDir, fingerprint } from '../config/credentials.ts';
import { parseEnvFile } from '../config/environment.ts';
import type { AgentSpec, CredentialSpec } from '../kernel/spec.ts';
import { readClaudeSettings } from './claude-settings.ts';
import { readConfigFolder } from './config-folder.ts';
import type { ConfigFolder } from './config-folder.ts';
import { readPlain } from './plain-file.ts';

type Variables = Readonly<Record<string, string>>;

/** An agent as it is declared, and what the shell of `start FILE` gave it of its own variables. */
export type Declared = { readonly spec: AgentSpec; readonly environment: Variables };

/** What an agent would sign in with at its next start, or what its process was given. */
export type AgentSignIn = {
  readonly name: string;
  readonly credential: CredentialSpec | null;
  /** In the order in which Claude Code prefers them; the first is used. */
  readonly sources: readonly Source[];
  readonly folder: ConfigFolder;
  /** It talks to a gateway, whose tokens may look like anything. */
  readonly hasGateway: boolean;
};

/** One place that sets variables; a later one wins, as in `childEnvironment`. */
type Layer = { readonly from: string; readonly variables: Variables; readonly isOfSettings?: true };

/**
 * Reads what a stream agent's environment and files hold. `shell` has the values that `envPass` names, as far as anybody
 * here knows them. `readFolder` reads a config folder, once for all who share it. `given`: the environment that its process
 * has; null when it has none, or when nobody can see it: then it is what it would be given.
 */
export function readSignIn(
  { spec, environment }: Declared,
  credential: CredentialSpec | null,
  shell: Readonly<Record<string, string | undefined>>,
  readFolder: (path: string, isDefault: boolean) => ConfigFolder,
  given: Variables | null = null,
): AgentSignIn {
  const home = given?.['HOME'] ?? environment['HOME'] ?? '/';
  const declared = ownLayers(spec, credential, environment, shell);
  const own = given === null ? declared : givenLayers(declared, given);
  const configDir = lastOf(own, 'CLAUDE_CONFIG_DIR') ?? defaultConfigDir(home);
  const folder = readFolder(configDir, configDir === defaultConfigDir(home));
  const settings = settingsOf(configDir, spec.cwd).map((path) => ({ path, ...readClaudeSettings(path) }));
  const layers = [
    ...own,
    ...settings.map(({ path, env }) => ({ from: path, variables: env, isOfSettings: true as const })),
  ];
  const signIn: SignIn = {
    variables: SIGN_IN_VARIABLES.flatMap((name) => variableIn(layers, name)),
    helpers: settings.filter(({ hasKeyHelper }) => hasKeyHelper).map(({ path }) => path),
    login: folder.login,
    loginFile: folder.loginFile,
  };
  return {
    name: spec.name,
    credential,
    sources: signInSources(signIn),
    folder,
    hasGateway: (lastOf(layers, 'ANTHROPIC_BASE_URL') ?? '') !== '',
  };
}

/** The same for many agents; a folder that several of them use is read once. `givenTo`: what the process of an agent has; `usedBy`: the
 * credential that it works on, where that is not its first. */
export function readSignIns(
  agents: readonly Declared[],
  credentials: ReadonlyMap<string, CredentialSpec>,
  shell: Readonly<Record<string, string | undefined>>,
  now: number,
  givenTo: (agent: string) => Variables | null = () => null,
  usedBy: (agent: string) => string | null = () => null,
): readonly AgentSignIn[] {
  const folders = new Map<string, ConfigFolder>();
  const readFolder = (path: string, isDefault: boolean): ConfigFolder => {
    const known = folders.get(path) ?? readConfigFolder(path, isDefault, now);
    folders.set(path, known);
    return known;
  };
  return agents
    .filter(({ spec }) => spec.mode === 'stream')
    .map((agent) => {
      const { name, credentials: names } = agent.spec;
      return readSignIn(
        agent,
        credentials.get(usedBy(name) ?? names[0] ?? '') ?? null,
        shell,
        readFolder,
        givenTo(name),
      );
    });
}

function ownLayers(
  spec: AgentSpec,
  credential: CredentialSpec | null,
  environment: Variables,
  shell: Readonly<Record<string, string | undefined>>,
): readonly Layer[] {
  const passed = spec.envPass.flatMap((name) => {
    const value = shell[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return [
    { from: 'the shell', variables: environment },
    { from: '`env`', variables: spec.env },
    ...(spec.envFile === null ? [] : [{ from: spec.envFile, variables: envFileAt(spec.envFile) }]),
    { from: '`envPass`', variables: Object.fromEntries(passed) },
    ...(credential === null
      ? []
      : [
          {
            from: `the credential ${credential.name}`,
            // Its value is looked at where the credential is checked.
            variables: credentialEnvironment(credential, CREDENTIAL_ITSELF, environment['HOME'] ?? '/'),
          },
        ]),
  ];
}

const CREDENTIAL_ITSELF = 'the credential itself';

/** What its process has, called by where it is declared as long as it says there what it was then. */
function givenLayers(declared: readonly Layer[], given: Variables): readonly Layer[] {
  return Object.entries(given).map(([name, value]) => {
    const layer = declared.findLast(({ variables }) => variables[name] !== undefined);
    const known = layer?.variables[name];
    const isSame = known === value || known === CREDENTIAL_ITSELF;
    return { from: isSame && layer !== undefined ? layer.from : ITS_PROCESS, variables: { [name]: value } };
  });
}

const ITS_PROCESS = 'its process';

/** Of the user, of the project, and the local one of the project, in which a later one wins (its documentation). */
const settingsOf = (configDir: string, cwd: string): readonly string[] => [
  join(configDir, 'settings.json'),
  join(cwd, '.claude', 'settings.json'),
  join(cwd, '.claude', 'settings.local.json'),
];

/** One that cannot be read is told when the agent is started. */
function envFileAt(path: string): Variables {
  const file = readPlain(path);
  const parsed = file.is === 'read' ? parseEnvFile(file.text) : null;
  return parsed?.ok === true ? parsed.values : {};
}

function variableIn(layers: readonly Layer[], name: string): readonly SignInVariable[] {
  const layer = layers.findLast(({ variables }) => variables[name] !== undefined);
  const value = layer?.variables[name] ?? '';
  if (layer === undefined || value === '' || (isSwitch(name) && !isOn(value))) return [];
  return [
    {
      name,
      from: layer.from,
      isOfSettings: layer.isOfSettings === true,
      looksLike: kindOfSecret(value),
      fingerprint: isSwitch(name) || value === CREDENTIAL_ITSELF ? null : fingerprint(value),
    },
  ];
}

const isOn = (value: string): boolean => !['0', 'false', 'no', 'off'].includes(value.trim().toLowerCase());

const lastOf = (layers: readonly Layer[], name: string): string | undefined =>
  layers.findLast(({ variables }) => variables[name] !== undefined)?.variables[name];
