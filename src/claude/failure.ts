import type { Failure, FailureKind } from '../kernel/facts.ts';
import { excerpt } from '../kernel/redaction.ts';
import type { Quota } from './quota.ts';
import { kindByLimitText, kindByText, statedStatus } from './texts.ts';

/** What a failed line says. That it failed is already decided, by its structure. */
export type FailedLine = {
  readonly status: number | null;
  /** `error` of the line, or the `error_*` subtype of a result. */
  readonly error: string | null;
  /** `api_error`: a finer word than `error`, since about 2.1.3xx. */
  readonly detail: string | null;
  readonly text: string;
  readonly requestId: string | null;
  readonly quota: Quota | null;
  /** `apiErrorIsTransient`: the CLI itself calls it a throttle. */
  readonly isTransient: boolean;
};

export function failureOf(line: FailedLine): Failure {
  const kind = kindOf(line);
  return {
    kind,
    status: line.status,
    error: line.error === null ? null : excerpt(line.error, 60),
    text: excerpt(line.text),
    requestId: line.requestId,
    resetsAt: kind === 'capped' ? (line.quota?.resetsAt ?? null) : null,
  };
}

/** Fine words first, then the status, then the texts that the status allows, then what is left of the structure. */
function kindOf(failed: FailedLine): FailureKind {
  const line = { ...failed, status: failed.status ?? statedStatus(failed.text) };
  const named = wordKind(DETAILS, line.detail) ?? wordKind(ERRORS, line.error);
  if (named !== undefined) return named;
  if (line.status === 429 || (line.status === null && line.error === 'rate_limit')) return limitKind(line);
  if (line.status === 529 || (line.status === null && line.error === 'overloaded')) return 'overloaded';
  if (line.status !== null && line.status >= 500) return 'server';
  return kindByText(line.text, line.status) ?? plainKind(line);
}

function limitKind(line: FailedLine): FailureKind {
  if (line.isTransient) return 'throttled';
  if (line.quota !== null) return 'capped';
  return kindByLimitText(line.text) ?? 'throttled';
}

const plainKind = (line: FailedLine): FailureKind =>
  line.status === null ? (wordKind(PLAIN_ERRORS, line.error) ?? 'unknown') : statusKind(line.status);

function statusKind(status: number): FailureKind {
  if (status === 401 || status === 403) return 'auth';
  if (status === 402) return 'billing';
  if (status === 404) return 'model';
  if (status === 408) return 'network';
  return status >= 400 ? 'message' : 'unknown';
}

type Words = Readonly<Record<string, FailureKind>>;

/** `Object.hasOwn`, because a line may call its error `constructor`. */
const wordKind = (words: Words, word: string | null): FailureKind | undefined =>
  word !== null && Object.hasOwn(words, word) ? words[word] : undefined;

/** Words of the error enum (and of a result's `error_*` subtypes) that name one kind each; the others need a status. */
const ERRORS: Words = {
  oauth_org_not_allowed: 'account',
  account_on_hold: 'account',
  verification_required: 'account',
  billing_error: 'billing',
  cloud_credential_error: 'credential',
  model_not_found: 'model',
  max_output_tokens: 'message',
  error_max_turns: 'message',
  error_max_structured_output_retries: 'message',
  // `--max-budget-usd` counts per process; only a person may raise it.
  error_max_budget_usd: 'billing',
};

/** What the others mean when neither a status nor a text says more. */
const PLAIN_ERRORS: Words = {
  authentication_failed: 'auth',
  invalid_request: 'message',
  server_error: 'server',
};

/** Values of `api_error`, read in the program text of 2.1.328; the ones marked M were also measured. */
const DETAILS: Words = {
  usage_limit_reached: 'capped', // M
  long_context_credits_required: 'billing', // M
  model_requires_usage_credits: 'billing',
  credits_required: 'billing',
  consent_unanswered: 'billing',
  org_disabled_credential: 'account',
  api_key_auth_disabled: 'config',
  invalid_credential_header: 'config', // M
  advisor_incompatible: 'config',
  effort_requires_thinking: 'config',
  tls_untrusted_ca: 'config',
  tls_cert_signature_failure: 'config',
  provider_credentials: 'credential',
  gateway_signin_required: 'credential',
  gateway_session_expired: 'credential',
  stored_login_refused: 'credential',
  connection_failed: 'network', // M
  computer_slept: 'network',
  no_response: 'network',
  network_edge_blocked: 'network',
  stream_idle_timeout: 'server',
  tool_history_mismatch: 'transcript-poisoned', // M
  max_output_tokens: 'message',
  message_over_context_limit: 'message',
  pdf_too_large: 'message',
  pdf_password_protected: 'message',
  hook_denied: 'message',
  // The CLI has taken the image out of the conversation by itself: the next message goes through.
  media_removed: 'message', // M
};
