import type { FailureKind } from '../kernel/facts.ts';

/**
 * The only texts that agentvisor acts on. They are read inside lines whose structure says that they failed, they are
 * anchored at the start, and each list is only read under the statuses it belongs to.
 * Sources: M195, M328: printed by that version against a stand-in API. P195, P328: stands in that version's program
 * text. D: official documentation or a public issue thread. C: a case of the detection corpus
 * (`test/claude/detection.test.ts`).
 */
type TextRule = {
  readonly kind: FailureKind;
  /** null stands for a line without a status. */
  readonly statuses: ReadonlySet<number | null>;
  readonly texts: readonly RegExp[];
};

const SIGN_IN = new Set([null, 400, 401, 403]);
const REQUEST = new Set([null, 400, 413, 422]);
const UNANSWERED = new Set([null]);

/** The first rule with a matching text wins, so the narrower ones stand first. */
const RULES: readonly TextRule[] = [
  {
    kind: 'auth-transient',
    statuses: SIGN_IN,
    texts: [
      /^Failed to refresh OAuth token: another Claude Code process/, // C, P328 (-p)
      /^Could not refresh your login because another Claude Code process/, // P328
      /^OAuth access token could not be refreshed: another Claude Code process/, // P328
      // A full disk: later attempts heal it, and the text says that signing in again does not help.
      /^(?:Failed to refresh OAuth token|Could not refresh your login): the disk/, // P328
    ],
  },
  {
    kind: 'account',
    statuses: SIGN_IN,
    texts: [
      /^Your organization has disabled Claude subscription access/, // M195, M328
      /^OAuth authentication is currently not allowed for this organization/, // P195, P328
      /^This organization has been disabled/, // M195, M328
      /^Your ANTHROPIC_API_KEY belongs to a disabled organization/, // P195, P328
    ],
  },
  {
    kind: 'config',
    statuses: SIGN_IN,
    texts: [
      /^Invalid API key · /, // P195, P328
      /^Invalid auth token · /, // M328
      /^Invalid ANTHROPIC_CUSTOM_HEADERS · /, // P328
      /^Invalid request header from the environment · /, // P328
      /^Header '[^']{1,40}' has invalid value/, // M195: a token with a line break in it
      /^invalid x-api-key/, // D: the API's own text for a wrong API key
      /^Your organization has disabled API key authentication/, // P195, P328
      /^Your apiKeyHelper script is failing/, // P328
      /^OAuth token does not meet scope requirement/, // M195, M328: no restart gives a token another scope
      /^Claude configuration file at .{1,300} is corrupted/, // D
      /^[\w.]{1,200}: Extra inputs are not permitted/, // M195, M328: a gateway or beta flag that does not fit
    ],
  },
  {
    kind: 'credential',
    statuses: SIGN_IN,
    texts: [
      /^OAuth (?:access )?token has expired/, // M195, M328, C
      /^OAuth (?:access )?token has been revoked/, // M195, M328
      /^OAuth token revoked/, // M328, P195
      /^OAuth session expired and could not be refreshed/, // C
      /^OAuth refresh token is no longer valid/, // P328
      /^Login expired · /, // P328, C
      /^(?:Login|this login) reached its time limit/, // P328
      /^Anthropic profile login expired/, // P328
      /^Not logged in · /, // M195, M328, C
      /^Authentication required · Sign in again/, // P328
      /^Could not resolve authentication method/, // D
      // 2.1.195's words for a revoked token (403); 2.1.328 says "OAuth token revoked" of the very same answer. No
      // fresh process changes it and the text itself asks to sign in again.
      /^Your account does not have access to Claude/, // M195
      /^(?:AWS credentials expired or invalid|AWS authentication failed|AWS default-chain credential)/, // D
      /^Could not load (?:the default|AWS|Google Cloud|Azure) credentials/, // D, P328
    ],
  },
  {
    kind: 'billing',
    statuses: new Set([null, 400, 402, 403]),
    texts: [
      /^(?:Your )?credit balance is too low/i, // M195, M328
      /^You're out of usage credits/, // P195, P328
      /^Your org is out of usage/, // P195, P328
    ],
  },
  {
    kind: 'capped',
    statuses: UNANSWERED,
    texts: [/^You've (?:hit|reached) your .{1,80}limit/], // M195, M328, C
  },
  {
    kind: 'transcript-poisoned',
    statuses: REQUEST,
    texts: [
      /^messages\.\d+[^:]{0,80}: .{0,80}blocks in the latest assistant message cannot be modified/, // M195, M328
      /^messages\.\d+[^:]{0,80}: .{0,80}(?:signature in `?thinking`? block|thinking\.signature)/i, // P195
      /^messages\.\d+[^:]{0,80}: unexpected `tool_use_id`/, // M195
      /^messages\.\d+[^:]{0,80}: `tool_use` ids /, // P195, P328
      /^due to tool use concurrency issues/, // M195, M328
      /^duplicate tool_use ID in conversation history/, // M195, M328
      /^orphaned tool_result in conversation history/, // M328
      /^Image was too large/, // M195, M328
      /^Unable to resize image/, // D
      /^An image in the conversation exceeds the dimension limit/, // M195, M328
    ],
  },
  {
    kind: 'model',
    statuses: new Set([null, 400, 403, 404]),
    texts: [
      /^There's an issue with the selected model/, // M195, M328
      /^The model .{1,100} is not available on your /, // P195, P328
      /^Claude Opus is not available with the Claude Pro plan/, // P195
    ],
  },
  {
    kind: 'config',
    statuses: UNANSWERED,
    texts: [
      /^Unable to connect to API: (?:SSL|Self-signed)/, // P195, P328
      /^Unable to connect to API \((?:UNKNOWN_CERTIFICATE|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_(?:VERIFY|GET_ISSUER))/, // M195
      /^SSL certificate (?:verification failed|error)/, // P195
      /^Self-signed certificate detected/, // D
    ],
  },
  {
    kind: 'network',
    statuses: UNANSWERED,
    texts: [
      /^Unable to connect to API/, // M195, M328
      /^Connection refused — /, // M328
      /^Can't reach the API server/, // M328
      /^Couldn't connect through your proxy/, // P328
      /^Connection to the API was lost/, // P195, P328
      /^Connection error\./, // P195
      /^Request timed out/, // P195, P328
      /^The socket connection was closed unexpectedly/, // D
      /^fetch failed/, // D
    ],
  },
  {
    kind: 'overloaded',
    statuses: UNANSWERED,
    texts: [/^Repeated 529 Overloaded errors/], // P195, P328
  },
];

/** Read under 429 only. A cap ends by itself, missing credits do not. */
const LIMIT_RULES: readonly TextRule[] = [
  {
    kind: 'billing',
    statuses: UNANSWERED,
    texts: [
      /^Usage credits (?:are )?required for /, // M195, M328
      /^[\w .]{1,40} requires usage credits/, // P195
      /^You're out of usage credits/, // P195, P328
      /^Your org is out of usage/, // P195, P328
      /^.{0,80}the prompt to confirm went unanswered/, // D
    ],
  },
  {
    kind: 'capped',
    statuses: UNANSWERED,
    texts: [/^You've (?:hit|reached) your .{1,80}limit/], // M195, M328, C
  },
];

export const kindByText = (text: string, status: number | null): FailureKind | undefined =>
  firstMatch(RULES, text, status);

export const kindByLimitText = (text: string): FailureKind | undefined => firstMatch(LIMIT_RULES, text, null);

/**
 * The status in front of the API's words. 2.1.195 prints it nowhere else on an assistant line, only on the result.
 */
export function statedStatus(text: string): number | null {
  const stated = /^(?:Failed to authenticate\. |Please run \/login · )?API Error: ([45]\d\d) /.exec(text)?.[1];
  return stated === undefined ? null : Number(stated);
}

/** A text of this length has said what it is. */
const READ_MAX = 500;

function firstMatch(rules: readonly TextRule[], text: string, status: number | null): FailureKind | undefined {
  const core = coreOf(text.slice(0, READ_MAX));
  return rules.find((rule) => rule.statuses.has(status) && rule.texts.some((known) => known.test(core)))?.kind;
}

/** What Claude Code puts in front of the API's own words: "Please run /login · API Error: 401 …" and its variants. */
const PREFIXES = [
  /^Failed to authenticate[.:] /,
  /^Please run \/login · /,
  /^API Error(?: \([^)]{1,60}\))?: /,
  /^[1-5]\d\d /,
] as const;

function coreOf(text: string): string {
  return PREFIXES.reduce((rest, prefix) => rest.replace(prefix, ''), text.trimStart());
}
