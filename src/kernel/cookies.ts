/**
 * Marks every process of a run with the absolute path of its folder, so that it can be found and nobody else is
 * touched.
 */
export const RUN_COOKIE = 'AGENTVISOR_RUN';
/** Tells an agent's processes which agent they belong to. */
export const AGENT_COOKIE = 'AGENTVISOR_AGENT';
/** Nobody else may set them; a daemon that an agent happens to start must not bear them. */
export const COOKIES: readonly string[] = [RUN_COOKIE, AGENT_COOKIE];
