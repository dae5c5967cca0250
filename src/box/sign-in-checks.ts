import type { Source, SourceKind } from '../claude/precedence.ts';
import type { CredentialSpec } from '../kernel/spec.ts';
import type { AgentSignIn } from './agent-sign-in.ts';
import { IN_API_KEY } from './credential-checks.ts';
import { error, fine, warning } from './finding.ts';
import type { Finding } from './finding.ts';

const DECLARED: Readonly<Record<CredentialSpec['type'], SourceKind>> = {
  'oauth-token': 'oauth-token',
  'api-key': 'api-key',
  'stored-login': 'stored-login',
};

/** Each is paid for by use, and wins over a subscription. */
const PAID: ReadonlySet<SourceKind> = new Set(['api-key', 'key-helper']);
const OF_A_SUBSCRIPTION: ReadonlySet<SourceKind> = new Set(['oauth-token', 'stored-login']);

/** Where the check of an ecosystem file looks itself (`src/config/warnings.ts`). */
const SEEN_IN_FILE: ReadonlySet<string> = new Set(['`env`', '`envPass`']);

/**
 * Whether an agent signs in with what was declared for it, and nothing that stands before it. `isFileChecked`: the check of
 * the file has told already what stands in it.
 */
export function signInChecks(agents: readonly AgentSignIn[], isFileChecked: boolean): readonly Finding[] {
  return agents.flatMap((agent) => {
    const [winner] = agent.sources;
    const isTold = isFileChecked && winner?.kind !== 'api-key' && SEEN_IN_FILE.has(winner?.variable?.from ?? '');
    const wrongPlace = misplaced(agent);
    const troubles = wrongPlace.length > 0 || isTold ? wrongPlace : overruled(agent);
    return troubles.length > 0 ? troubles : wellSigned(agent);
  });
}

function misplaced({ name, sources }: AgentSignIn): readonly Finding[] {
  return sources
    .filter(({ kind, variable }) => kind === 'api-key' && variable?.looksLike === 'oauth-token')
    .map(({ where }) =>
      error(
        IN_API_KEY,
        `agent ${name}`,
        `${where} holds a token of a subscription: the API refuses it as a key, and it wins over what is right`,
        'remove it there, and declare the token under credentials as an oauth-token',
      ),
    );
}

function overruled({ name, credential, sources }: AgentSignIn): readonly Finding[] {
  const [winner] = sources;
  if (winner === undefined) return [];
  if (credential === null) {
    const loser = sources.find(({ kind }) => OF_A_SUBSCRIPTION.has(kind));
    return PAID.has(winner.kind) && loser !== undefined ? [rival(name, winner, loser.where)] : [];
  }
  return isOf(credential, winner) ? [] : [rival(name, winner, `the credential ${credential.name}`)];
}

/** What Claude Code lays over its environment is not the credential, even under the same name. */
export const isOf = ({ type }: CredentialSpec, { kind, variable }: Source): boolean =>
  kind === DECLARED[type] && variable?.isOfSettings !== true;

function rival(name: string, winner: Source, loser: string): Finding {
  const about = `agent ${name}`;
  if (PAID.has(winner.kind)) {
    const found = `${winner.where} wins over ${loser}: every request is paid for by use`;
    return warning('stray-api-key', about, found, 'remove it there, or declare it under credentials as what you want');
  }
  const found = `${winner.where} wins over ${loser}`;
  return warning('overruled', about, found, 'keep one of the two');
}

function wellSigned({ name, sources }: AgentSignIn): readonly Finding[] {
  const [winner] = sources;
  return winner === undefined ? [] : [fine('sign-in', `agent ${name}`, `signs in with ${winner.where}`)];
}
