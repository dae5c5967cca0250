import { machine } from './machine.ts';

/** `node:crypto` with ids from the seed. */

export { createHash } from 'node:crypto';

export const randomUUID = (): string => machine().random.uuid();
