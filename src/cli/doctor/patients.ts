import type { Declared } from '../../box/agent-sign-in.ts';
import { credentialRecords } from '../../box/credential-record.ts';
import type { CredentialRecord } from '../../box/credential-record.ts';
import { pickEnvironment } from '../../config/environment.ts';
import { findEcosystem } from '../../config/load.ts';
import { checkHome } from '../../home/permission.ts';
import type { CredentialSpec } from '../../kernel/spec.ts';
import { AgentvisorError } from '../../protocol/errors.ts';
import { readFiles } from '../access.ts';
import { loadNamedOrFound, notes } from '../ecosystem-file.ts';
import type { Context } from '../verb.ts';

/** Whom the doctor looks after. */
export type Patients = {
  readonly agents: readonly Declared[];
  readonly credentials: readonly CredentialSpec[];
  /** They stand in a file that was read just now. */
  readonly isFileChecked: boolean;
  readonly home: KnownHome;
};

/** What the files of the home say. */
export type KnownHome = {
  /** Agents that are wanted up. */
  readonly wanted: number;
  /** The version that an agent's process has told, null when it has told none. */
  readonly versionOf: (agent: string) => string | null;
  /** What the state has learned of a credential. */
  readonly recordOf: (credential: CredentialSpec) => CredentialRecord;
  /** When the last event was written down, ms since the epoch. */
  readonly lastEventAt: number | null;
  /** Why the files cannot be read, null when they can. */
  readonly damage: string | null;
};

/**
 * Those of the file that was named; else those that the home knows; else those of the file in this folder. Undefined when
 * that file has mistakes, which people are then told.
 */
export async function findPatients(context: Context): Promise<Patients | undefined> {
  const [named] = context.args;
  const known = await knownOf(context.home);
  const isFile = named !== undefined || (known.agents.length === 0 && (await findEcosystem(context.cwd)) !== undefined);
  if (!isFile) return known;
  const loaded = await loadNamedOrFound(context, named);
  if (!loaded.ok) {
    notes(context, loaded.file, '', loaded.problems);
    return undefined;
  }
  notes(context, loaded.ecosystem.file, 'warning: ', loaded.warnings);
  const { plain } = pickEnvironment(context.env);
  const agents = loaded.ecosystem.agents.map((spec) => ({ spec, environment: plain }));
  return { agents, credentials: loaded.ecosystem.credentials, isFileChecked: true, home: known.home };
}

async function knownOf(home: string): Promise<Patients> {
  try {
    checkHome(home);
    const { fleet } = await readFiles(home);
    const agents = Object.values(fleet.agents).filter(({ deleting }) => !deleting);
    return {
      agents: agents.map(({ spec, environment }) => ({ spec, environment })),
      credentials: Object.values(fleet.credentials),
      isFileChecked: false,
      home: {
        wanted: agents.filter(({ desired }) => desired === 'up').length,
        versionOf: (name) => fleet.agents[name]?.claudeVersion ?? null,
        recordOf: credentialRecords(fleet, home),
        lastEventAt: fleet.seen?.wall ?? null,
        damage: null,
      },
    };
  } catch (error) {
    // That the home is refused is told where the home itself is looked at.
    const damage = error instanceof AgentvisorError ? null : String(error);
    const unknown = {
      wanted: 0,
      versionOf: () => null,
      recordOf: credentialRecords(null, home),
      lastEventAt: null,
      damage,
    };
    return { agents: [], credentials: [], isFileChecked: false, home: unknown };
  }
}
