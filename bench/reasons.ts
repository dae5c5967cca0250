/** Why a measure falls short of what was wanted, by its id: found by profiling, written by hand, shown only where it does. */
export const REASONS: Readonly<Record<string, string>> = {};
