import { dirname } from 'node:path';
import type { AgentSpec, CredentialSpec, NotifySpec } from '../kernel/spec.ts';
import { agentSpec } from './agent.ts';
import { checkDraft } from './check-file.ts';
import { defaultConfigDir } from './credentials.ts';
import type { NormaliseResult } from './ecosystem.ts';
import { merge } from './merge.ts';
import { absolutePath, argv } from './paths.ts';
import type { Ground } from './paths.ts';
import type { Problem } from './problem.ts';
import type { CredentialShape, Draft, OptionsShape } from './schema.ts';
import { checkShape } from './shape.ts';
import { dayMs } from './units.ts';
import { agentWarnings, layerWarnings, nameWarnings } from './warnings.ts';

/** What the file cannot say about the machine. */
export type Facts = { readonly home: string };

/** Checks the content of the ecosystem file at the absolute path `file`; all mistakes are reported at once. */
export function normalise(raw: unknown, file: string, { home }: Facts): NormaliseResult {
  const { draft, problems: shapeProblems } = checkShape(raw);
  const problems = [...shapeProblems, ...checkDraft(draft, shapeProblems)];
  if (problems.length > 0) return { ok: false, problems };

  const ground = { folder: dirname(file), home, file };
  const credentials = Object.entries(draft.credentials ?? {}).map(([name, credential]) =>
    // Nothing was cut out, so the draft is whole.
    credentialSpec(name, credential as CredentialShape, ground),
  );
  const defaults = draft.defaults ?? {};
  const written = (draft.agents ?? []).map((agent) => {
    const { name = '', ...own } = agent ?? {};
    return { own, agent: agentSpec(name, merge<OptionsShape>(defaults, own), { ...ground, credentials }) };
  });
  const agents = written.map(({ agent }) => agent);
  return {
    ok: true,
    ecosystem: { file, agents, credentials, notify: notifySpecs(draft, ground) },
    warnings: [
      ...layerWarnings(['defaults'], defaults),
      ...nameWarnings(agents.map(({ name }) => name)),
      ...doubts(written, credentials),
    ],
  };
}

function credentialSpec(name: string, credential: CredentialShape, ground: Ground): CredentialSpec {
  const { type, from } = credential;
  const isLogin = type === 'stored-login';
  return {
    name,
    type,
    from: isLogin ? null : secretSource(from, ground),
    configDir: isLogin ? absolutePath(credential.configDir ?? defaultConfigDir(ground.home), ground) : null,
    // A key is always paid for by use; a login or a token belongs to a subscription unless the file says otherwise.
    billable: credential.billable ?? type === 'api-key',
    ceilingUsd: credential.ceilingUsd ?? null,
    mintedAt: typeof credential.mintedAt === 'string' ? dayMs(credential.mintedAt) : null,
  };
}

function secretSource(from: CredentialShape['from'], ground: Ground): CredentialSpec['from'] {
  if (typeof from?.env === 'string') return { env: from.env };
  if (typeof from?.file === 'string') return { file: absolutePath(from.file, ground) };
  return { command: argv(from?.command ?? [], ground) };
}

function notifySpecs(draft: Draft, ground: Ground): readonly NotifySpec[] {
  return (draft.notify ?? []).map((notify) =>
    typeof notify?.webhook === 'string'
      ? { webhook: notify.webhook }
      : { command: argv(notify?.command ?? [], ground) },
  );
}

function doubts(
  written: readonly { readonly own: OptionsShape; readonly agent: AgentSpec }[],
  credentials: readonly CredentialSpec[],
): readonly Problem[] {
  return written.flatMap(({ own, agent }, index) => [
    ...layerWarnings(['agents', index], own),
    ...agentWarnings(['agents', index], own, agent, credentials),
  ]);
}
