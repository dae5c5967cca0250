import { invariant } from './invariant.ts';

/**
 * Every id that an agent sees is derived from one that the host drew, so that a replay of the journal makes the same
 * ids. A UUID keeps its shape; only digits of its last group are replaced.
 */
const tail = (uuid: string, digits: string): string => {
  invariant(uuid.length === 36, `${uuid} is a UUID`);
  return uuid.slice(0, 36 - digits.length) + digits;
};

const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0').slice(-width);

/** The uuid under which delivery `n` of a message is written; the message's own id ends in 0000. */
export const deliveryUuid = (messageId: string, n: number): string => tail(messageId, hex(n, 4));

/** The message that a delivery is of. */
export const messageOf = (uuid: string): string => tail(uuid, '0000');

/** The id of an agent's session number `n`. */
export const sessionId = (seed: string, n: number): string => tail(seed, `a${hex(n, 7)}0000`);

/** The id of a message that agentvisor itself asks. */
export const ownMessageId = (seed: string, n: number): string => tail(seed, `b${hex(n, 7)}0000`);
