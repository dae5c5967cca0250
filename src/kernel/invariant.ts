/** Our own bugs crash, with the claim that did not hold. */
export function invariant(holds: boolean, claim: string): asserts holds {
  if (!holds) throw new Error(`agentvisor bug: ${claim}`);
}
