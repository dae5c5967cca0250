import { CREDENTIAL_VARIABLES, type AgentSpec, type CredentialSpec } from '../kernel/spec.ts';
import { looksLikeSecret } from './environment.ts';
import { doubtAt } from './problem.ts';
import type { Path, Problem } from './problem.ts';
import { isReserved } from './reserved-args.ts';
import type { OptionsShape } from './schema.ts';

/** An inherited marker turns the saving of the session off, so that it could not be resumed. */
const MARKERS = ['CLAUDECODE', 'CLAUDE_CODE_CHILD_SESSION', 'CLAUDE_CODE_SESSION_ID'];
/** Claude Code prefers these to every credential that can be declared (its documented order). */
const PREFERRED = ['CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_USE_VERTEX', 'CLAUDE_CODE_USE_FOUNDRY'];
/** Also preferred, and a secret besides. */
const AUTH_TOKEN = 'ANTHROPIC_AUTH_TOKEN';
const CONFIG_EXTENSION = /\.(ts|mts|js|mjs|cjs|json)$/;

/** Doubts about one place where options are written; `path` is `defaults` or an agent. */
export function layerWarnings(path: Path, own: OptionsShape): readonly Problem[] {
  const literal = Object.entries(own.env ?? {}).flatMap(([key, value]) =>
    typeof value === 'string' ? variableWarnings([...path, 'env', key], key, true) : [],
  );
  const passed = (own.envPass ?? []).flatMap((key) => variableWarnings([...path, 'envPass'], key, false));
  const args = (own.claude?.args ?? []).flatMap((argument, index) =>
    argumentWarnings([...path, 'claude', 'args', index], argument),
  );
  return [...literal, ...passed, ...args];
}

/** Doubts about one agent as it will be run. */
export function agentWarnings(
  path: Path,
  own: OptionsShape,
  agent: AgentSpec,
  credentials: readonly CredentialSpec[],
): readonly Problem[] {
  const first = credentials.find(({ name }) => name === agent.credentials[0]);
  return [
    ...(CONFIG_EXTENSION.test(agent.name)
      ? [
          doubtAt(
            [...path, 'name'],
            'a name that is no file name',
            `\`start ${agent.name}\` would look for a file`,
            'choose a name without this ending',
          ),
        ]
      : []),
    ...(agent.mode === 'command' ? idleOptions(path, own) : []),
    ...(first === undefined ? [] : overruled(path, agent, first)),
  ];
}

/** On a disk that ignores case (macOS) two such agents would share one folder. */
export function nameWarnings(names: readonly string[]): readonly Problem[] {
  const lower = names.map((name) => name.toLowerCase());
  return names.flatMap((name, index) => {
    const first = lower.indexOf(name.toLowerCase());
    if (first === index) return [];
    const doubt = `differs from agents[${first}] by upper and lower case only`;
    return [
      doubtAt(
        ['agents', index, 'name'],
        'a name of its own',
        doubt,
        'such agents cannot live on every disk: rename one',
      ),
    ];
  });
}

function variableWarnings(path: Path, key: string, isLiteral: boolean): readonly Problem[] {
  if (MARKERS.includes(key)) {
    return [
      doubtAt(
        path,
        'no marker of a Claude Code session',
        `${key} keeps \`claude\` from saving the session`,
        'leave it out',
      ),
    ];
  }
  if (Object.values(CREDENTIAL_VARIABLES).includes(key) || key === AUTH_TOKEN) {
    const hint = `declare it under \`credentials\` (from: { env: '${key}' }), so that a failure can be told apart`;
    return [doubtAt(path, 'no credential', `${key} signs the agent in behind agentvisor's back`, hint)];
  }
  if (!isLiteral || !looksLikeSecret(key)) return [];
  return [
    doubtAt(
      path,
      'no secret',
      `${key} looks like a secret, and values of \`env\` are stored in the clear`,
      'put it into `envFile`',
    ),
  ];
}

function argumentWarnings(path: Path, argument: string): readonly Problem[] {
  const [option = ''] = argument.split('=');
  if (option === '--model') {
    return [doubtAt(path, 'no --model', 'the model is an option of its own', 'write it as claude.model')];
  }
  if (!isReserved(argument)) return [];
  return [doubtAt(path, 'no argument that agentvisor owns', `${option} is agentvisor's to set`, 'leave it out')];
}

function idleOptions(path: Path, own: OptionsShape): readonly Problem[] {
  return (['auth', 'idleWake'] as const)
    .filter((key) => (own[key] ?? null) !== null)
    .map((key) =>
      doubtAt([...path, key], 'stream agents only', `\`${key}\` does nothing for a command agent`, 'leave it out'),
    );
}

function overruled(path: Path, agent: AgentSpec, credential: CredentialSpec): readonly Problem[] {
  const rivals = credential.type === 'stored-login' ? [...PREFERRED, 'CLAUDE_CONFIG_DIR'] : PREFERRED;
  return rivals
    .filter((key) => Object.hasOwn(agent.env, key) || agent.envPass.includes(key))
    .map((key) =>
      doubtAt(
        [...path, 'env', key],
        'one way to sign in',
        `${key} overrules the credential "${credential.name}"`,
        'keep one of the two',
      ),
    );
}
