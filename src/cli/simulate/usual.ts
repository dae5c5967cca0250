/** What is simulated when nobody says otherwise. */
export const DAYS_USUAL = 30;
export const AGENTS_USUAL = 6;
export const SEED_USUAL = 1;
