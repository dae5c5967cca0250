import type { EcosystemOptions } from './input.ts';

/** What may stand behind `export default`: the data, a promise of it, or a function that gives either. */
export type EcosystemExport =
  | EcosystemOptions
  | Promise<EcosystemOptions>
  | (() => EcosystemOptions | Promise<EcosystemOptions>);

/**
 * Returns what it is given; it is there for the types (not generic, so that an unknown key is marked in the editor). It
 * must stay free of imports that load anything: an ecosystem file is loaded at every `start`.
 */
export function defineEcosystem(ecosystem: EcosystemExport): EcosystemExport {
  return ecosystem;
}
