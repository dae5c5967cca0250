/** What `load.ts` and its child agree on. */

/** Bound of an ecosystem file, and of what it gives once it was run. */
export const FILE_BYTES_MAX = 10 * 2 ** 20;
/** The child writes its one line here. */
export const RESULT_FD = 3;
/** Closes when the parent ends, however it ends. */
export const PARENT_FD = 4;
