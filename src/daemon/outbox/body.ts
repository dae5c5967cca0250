import { hostname } from 'node:os';
import type { Notice } from '../../kernel/notices.ts';
import { redactor } from '../../kernel/redaction.ts';
import type { NotifySpec } from '../../kernel/spec.ts';
import { iso } from '../../protocol/views.ts';

/** What a channel is given: one line of JSON. */
export function noticeBody(notice: Notice, home: string, secrets: readonly string[]): string {
  const { id, kind, at, incident, scope, cause, agents, text, receipt } = withoutSecrets(notice, secrets);
  const shown = receipt === null ? null : { ...receipt, at: iso(receipt.at) };
  const body = { id, kind, at: iso(at), incident, scope, cause, agents, text, receipt: shown, host: hostname(), home };
  return JSON.stringify(body);
}

/**
 * Text by text and not in the finished line, where a secret could take a quote along. Everything but the kind, by which a
 * receiver decides: an agent or an id could be called like a secret.
 */
export function withoutSecrets(notice: Notice, secrets: readonly string[]): Notice {
  const redact = redactor(secrets);
  const clean = (key: string, value: unknown): unknown =>
    typeof value === 'string' && key !== 'kind' ? redact(value) : value;
  return JSON.parse(JSON.stringify(notice, clean)) as Notice;
}

/** How people are told which channel is meant. What follows the host or the program's name may be a secret. */
export function channelName(channel: NotifySpec): string {
  if ('command' in channel) return `command ${channel.command[0] ?? ''}`;
  return `webhook ${URL.canParse(channel.webhook) ? new URL(channel.webhook).host : ''}`;
}
