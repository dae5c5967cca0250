/**
 * A delay times a factor 1 ± `jitter`, so that many who wait for the same do not come back at once. The bounds hold
 * after it too; `roll` is the moment's random number.
 */
export function jittered(
  delayMs: number,
  roll: number,
  policy: { readonly jitter: number; readonly delayMsMin: number; readonly delayMsMax: number },
): number {
  const factor = 1 + policy.jitter * (2 * roll - 1);
  return Math.min(policy.delayMsMax, Math.max(policy.delayMsMin, Math.round(delayMs * factor)));
}
