/** The release this code belongs to; a test compares it with package.json, which the fast path has no time to read. */
export const VERSION = '0.1.0';
