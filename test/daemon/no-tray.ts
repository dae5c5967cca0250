import type { NoticeTray } from '../../src/daemon/outbox/outbox.ts';

/** For a store whose notices are of no interest. */
export const NO_TRAY: NoticeTray = { last: null, put: () => undefined };
