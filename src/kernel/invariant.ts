/** Our own bugs crash, with the claim that did not hold. */
export function invariant(holds: boolean, claim: string): asserts holds {
  if (!holds) throw new Error(`agentvisor bug: ${claim}`);
}

/** What must be there. @throws when it is not: that is our own bug. */
export function must<T>(value: T | null | undefined, claim: string): T {
  invariant(value !== null && value !== undefined, claim);
  return value;
}
