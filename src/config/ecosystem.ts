import type { AgentSpec, CredentialSpec, NotifySpec } from '../kernel/spec.ts';
import type { Problem } from './problem.ts';

/** A checked ecosystem file: plain JSON with absolute paths, milliseconds and bytes. */
export type Ecosystem = {
  readonly file: string;
  readonly agents: readonly AgentSpec[];
  readonly credentials: readonly CredentialSpec[];
  readonly notify: readonly NotifySpec[];
};

export type NormaliseResult =
  | { readonly ok: true; readonly ecosystem: Ecosystem; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };
