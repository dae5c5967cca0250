/**
 * Verbs that are known by name and not built yet, with their aliases: whoever types one shall not be led to another. A verb
 * that is built gets its row in `verbs.ts` and leaves this list.
 */
export const PLANNED_VERBS: readonly string[] = ['simulate'];
