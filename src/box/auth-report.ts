import type { Source } from '../claude/precedence.ts';
import { runOf, type Agent, type Fleet } from '../kernel/fleet.ts';
import { credentialNameOf } from '../kernel/ledger.ts';
import type { CredentialSpec } from '../kernel/spec.ts';
import { otherThan } from '../kernel/undeclared-source.ts';
import type { AuthReport, SignInRow, SourceRow } from '../protocol/auth-rows.ts';
import { credentialRow } from '../protocol/credential-row.ts';
import { credentialVerdict } from '../protocol/credential-verdict.ts';
import { readSignIns, type AgentSignIn } from './agent-sign-in.ts';
import { credentialRecords } from './credential-record.ts';
import { credentialFindings } from './ecosystem-findings.ts';
import { secretInPlace } from './secret-in-place.ts';
import { isOf } from './sign-in-checks.ts';

type Values = Readonly<Record<string, string | undefined>>;

export type AuthQuestion = {
  readonly fleet: Fleet;
  readonly home: string;
  /** Whom it is asked of; null: everybody, and all that is declared. */
  readonly names: ReadonlySet<string> | null;
  /** Where variables that `envPass` names are looked for. */
  readonly shell: Values;
  /** Values of variables that secrets come from. */
  readonly held: Values;
  /** What the process of an agent was given; null when it has none, or when nobody can see it. */
  readonly environmentOf: (agent: Agent) => Readonly<Record<string, string>> | null;
  /** ms since the epoch. */
  readonly now: number;
};

/** What agents sign in with, and how their credentials are. Files are read and nothing is changed, run or asked. */
export function authReport({ fleet, home, names, shell, held, environmentOf, now }: AuthQuestion): AuthReport {
  const agents = Object.values(fleet.agents).filter(
    ({ spec, deleting }) => !deleting && (names === null || names.has(spec.name)),
  );
  const used = new Set(agents.map(credentialNameOf));
  const specs = Object.values(fleet.credentials)
    .filter(({ name }) => names === null || used.has(name))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const recordOf = credentialRecords(fleet, home);
  const declared = agents.map(({ spec, environment }) => ({ spec, environment }));
  const environments = new Map(agents.map((agent) => [agent.spec.name, environmentOf(agent)]));
  const signIns = readSignIns(
    declared,
    new Map(specs.map((spec) => [spec.name, spec])),
    shell,
    now,
    (name) => environments.get(name) ?? null,
    (name) => agents.filter(({ spec }) => spec.name === name).map(credentialNameOf)[0] ?? null,
  );
  const rows = specs.map((spec) =>
    credentialRow(fleet, spec, secretInPlace(fleet, spec, recordOf(spec), held, now), now),
  );
  const secretOf = (spec: CredentialSpec | null): string | null =>
    rows.find(({ name }) => name === spec?.name)?.fingerprint ?? null;
  const findings = credentialFindings({
    agents: declared,
    credentials: specs,
    shell: { ...shell, ...held },
    recordOf,
    isFileChecked: false,
    now,
  });
  return {
    credentials: rows,
    agents: signIns.flatMap((signIn) => {
      const agent = fleet.agents[signIn.name];
      if (agent === undefined) return [];
      const isSeen = environments.get(signIn.name) !== null;
      return [signInRow(fleet, agent, signIn, isSeen, secretOf(signIn.credential), now)];
    }),
    findings: findings.filter(({ level }) => level !== 'ok'),
  };
}

function signInRow(
  fleet: Fleet,
  agent: Agent,
  { name, credential, sources }: AgentSignIn,
  isSeen: boolean,
  secret: string | null,
  now: number,
): SignInRow {
  const [first, ...others] = sources;
  const run = runOf(agent.state);
  const tokenSource = run?.tokenSource ?? null;
  const apiKeySource = run?.apiKeySource ?? null;
  const isHeard = tokenSource !== null || apiKeySource !== null;
  const record = { lastGood: null, dead: [] };
  // By what it was given itself: how its credential is for all, the credential says.
  const facts = { users: [agent], record, inPlace: null, endsAt: null };
  return {
    name,
    state: agent.state.at,
    credential: credentialNameOf(agent),
    seenIn: isSeen ? 'process' : 'declaration',
    source: first === undefined ? null : sourceRow(first, credential, secret),
    others: others.map((source) => sourceRow(source, credential, secret)),
    isDeclared: credential === null ? null : first !== undefined && isOf(credential, first),
    tokenSource,
    apiKeySource,
    confirmed: credential === null || !isHeard || run === null ? null : otherThan(credential.type, run) === null,
    incident: agent.recovery?.incident ?? null,
    verdict: credentialVerdict(fleet, facts, now),
  };
}

/** What it is not given yet is what stands in the credential's place. */
const sourceRow = (source: Source, credential: CredentialSpec | null, secret: string | null): SourceRow => {
  const { kind, name, where, variable } = source;
  const isOwn = credential !== null && isOf(credential, source);
  return { kind, name, where, fingerprint: variable?.fingerprint ?? (isOwn ? secret : null) };
};
