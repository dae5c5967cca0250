import type { CredentialSpec } from '../kernel/spec.ts';
import { readSignIns } from './agent-sign-in.ts';
import type { Declared } from './agent-sign-in.ts';
import { credentialChecks } from './credential-checks.ts';
import type { CredentialRecord } from './credential-record.ts';
import { readSecret } from './credential-secret.ts';
import type { Finding } from './finding.ts';
import { loginChecks } from './login-checks.ts';
import { signInChecks } from './sign-in-checks.ts';

export type Ecosystem = {
  readonly agents: readonly Declared[];
  readonly credentials: readonly CredentialSpec[];
  /** Where variables that sources and `envPass` name are looked for. */
  readonly shell: Readonly<Record<string, string | undefined>>;
  readonly recordOf: (credential: CredentialSpec) => CredentialRecord;
  /** The ecosystem file was read just now, and what is doubtful in it was told. */
  readonly isFileChecked: boolean;
  /** ms since the epoch. */
  readonly now: number;
};

/**
 * Everything that is to be said about how the agents of an ecosystem sign in, what is well included. Files are read and
 * nothing is changed; no command is run and no request is made, so that nothing can be spent.
 */
export function credentialFindings({
  agents,
  credentials,
  shell,
  recordOf,
  isFileChecked,
  now,
}: Ecosystem): readonly Finding[] {
  const byName = new Map(credentials.map((spec) => [spec.name, spec]));
  const signIns = readSignIns(agents, byName, shell, now);
  const isUsed = ({ name }: CredentialSpec): boolean => agents.some(({ spec }) => spec.credentials.includes(name));
  const hasGateway = ({ name }: CredentialSpec): boolean =>
    signIns.some((agent) => agent.credential?.name === name && agent.hasGateway);
  return [
    ...credentials
      .filter(isUsed)
      .flatMap((spec) =>
        credentialChecks(
          { spec, record: recordOf(spec), secret: readSecret(spec, shell), hasGateway: hasGateway(spec) },
          now,
        ),
      ),
    ...loginChecks(signIns, now, process.platform),
    ...signInChecks(signIns, isFileChecked),
  ];
}
