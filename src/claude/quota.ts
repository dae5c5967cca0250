import { isFields, numberOf, textOf, type Fields } from './record.ts';

/** A usage limit that a failed line names; a bare `{status:"rejected"}` names none, it comes with throttles too. */
export type Quota = { readonly resetsAt: number | null };

/**
 * `quotaLimits` in transcripts and older lines, `api_error_params.rate_limit_info` in 2.1.328; a result has neither.
 */
export function quotaOf(fields: Fields): Quota | null {
  const params = fields['api_error_params'] ?? fields['apiErrorParams'];
  const nested = isFields(params) ? params['rate_limit_info'] : undefined;
  const quota = [fields['quotaLimits'], fields['quota_limits'], nested].find(isFields);
  if (quota === undefined) return null;
  const resetsAt = instantOf(quota['resetsAt'] ?? quota['resets_at']);
  const limit = textOf(quota['rateLimitType'] ?? quota['rate_limit_type']);
  return resetsAt === null && limit === null ? null : { resetsAt };
}

/** Above it a number can only be milliseconds: as seconds it is the year 5138. */
const SECONDS_MAX = 1e11;
/** The last instant that a Date can hold. */
const INSTANT_MAX = 8.64e15;

/** Epoch seconds (as Claude Code prints them) as epoch milliseconds. */
export function instantOf(value: unknown): number | null {
  const number = numberOf(value);
  if (number === null || number <= 0) return null;
  const ms = Math.round(number < SECONDS_MAX ? number * 1000 : number);
  return ms <= INSTANT_MAX ? ms : null;
}
