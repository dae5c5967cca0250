/** In the order in which they are shown. Apart from what runs them: who only asks for the names waits for nothing. */
export const POLICIES = ['systemd', 'fixed60', 'fixed300', 'kubelet', 'schedule', 'adaptive'] as const;

export type PolicyName = (typeof POLICIES)[number];

export const isPolicy = (word: string): word is PolicyName => POLICIES.some((name) => name === word);
