/**
 * Which conversation the next process speaks in. The ids are the kernel's: it derives them from the agent's seed.
 */
export type SessionPlan =
  /** A conversation that does not exist yet, under an id that is fixed in advance. */
  | { readonly kind: 'new'; readonly id: string }
  | {
      readonly kind: 'resume';
      readonly id: string;
      /** uuid of the last message to keep; what came after it is left out. null: everything is kept. */
      readonly at: string | null;
      /** A copy under a new id; the old one stays as it is. */
      readonly fork: { readonly newId: string } | null;
    };
