/**
 * What agentvisor writes to an agent's stdin, one JSON line each. The answers to control requests differ in nothing but
 * their `request_id`, so its beginning says what was asked.
 */
export const INITIALIZE_PREFIX = 'init-';
const INTERRUPT_PREFIX = 'interrupt-';

/** Answered at once and without a request to the API: the agent listens. */
export const initializeFrame = (run: string): string => controlFrame(`${INITIALIZE_PREFIX}${run}`, 'initialize');

/** Ends the turn, keeps the process. Harmless when no turn runs: it is answered and nothing else happens. */
export const interruptFrame = (run: string): string => controlFrame(`${INTERRUPT_PREFIX}${run}`, 'interrupt');

/** A message. One whose uuid the process or its conversation already knows is echoed and not run again. */
export const userFrame = (uuid: string, text: string): string => messageFrame(uuid, text);

/**
 * A message without content, for a conversation whose last message is the question itself: because it was resumed
 * there, or because the turn failed in this very process. The question that is already there is asked and nothing is
 * added to what the model sees, while a second copy of the text would be seen twice (measured on 2.1.195 and 2.1.328).
 */
export const askAgainFrame = (uuid: string): string => messageFrame(uuid, []);

const messageFrame = (uuid: string, content: string | readonly []): string =>
  frame({ type: 'user', uuid, message: { role: 'user', content } });

const controlFrame = (id: string, subtype: string): string =>
  frame({ type: 'control_request', request_id: id, request: { subtype } });

/**
 * JSON leaves U+2028 and U+2029 as they are; readers that split on every Unicode line end would cut the line there, and
 * a cut line ends the process.
 */
const frame = (value: object): string =>
  `${JSON.stringify(value)
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`)}\n`;
