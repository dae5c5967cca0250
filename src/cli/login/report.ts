import type { Context } from '../verb.ts';
import type { SignedIn } from './door-lines.ts';

/** Fingerprint and date, never the secret. */
export function reportSignedIn(context: Context, { credential, fingerprint, mintedAt }: SignedIn): void {
  if (context.json) context.answer({ step: 'signed-in', fingerprint, mintedAt });
  const how = fingerprint === null ? '' : ` (fingerprint ${fingerprint})`;
  context.note(`agentvisor: signed in to '${credential}'${how}`);
}
