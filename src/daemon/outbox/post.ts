import * as http from 'node:http';
import * as https from 'node:https';
import { failed, type Outcome } from './task.ts';

const REDIRECTS_MAX = 3;
/** A 303 says that the POST was taken and that something else can be read; the others mean: ask there instead. */
const REDIRECTS = [301, 302, 307, 308];
/** What comes behind the status is not read for longer than this, but a receiver is not cut off in the middle either. */
const REST_MS_MAX = 1_000;

/** One POST. A redirect is followed to the same host only: the address may be a secret, and the notice is for that host. */
export async function post(address: string, body: string, limitMs: number): Promise<Outcome> {
  const limit = AbortSignal.timeout(limitMs);
  let url = parseUrl(address);
  try {
    for (let asked = 0; url !== null && asked <= REDIRECTS_MAX; asked++) {
      const { status, location } = await ask(url, body, limit);
      if (status >= 200 && status < 300) return { delivered: true };
      if (!REDIRECTS.includes(status) || location === undefined) return failed(`HTTP ${status}`);
      const next = parseUrl(location, url);
      if (next === null || !isSameHost(url, next)) return failed(`HTTP ${status}, a redirect to another host`);
      url = next;
    }
  } catch (error) {
    return failed(limit.aborted ? `no answer within ${limitMs / 1000} s` : reasonOf(error));
  }
  return failed(url === null ? 'the address is none' : 'too many redirects');
}

/** `URL.parse` is not in every Node 20. */
function parseUrl(text: string, base?: URL): URL | null {
  return URL.canParse(text, base?.href) ? new URL(text, base) : null;
}

/** On to https is fine, back from it is not. */
const isSameHost = (from: URL, to: URL): boolean =>
  from.hostname === to.hostname && (to.protocol === 'https:' || to.protocol === from.protocol);

type Answer = { readonly status: number; readonly location: string | undefined };

function ask(url: URL, body: string, signal: AbortSignal): Promise<Answer> {
  const { request } = url.protocol === 'https:' ? https : http;
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'user-agent': 'agentvisor',
  };
  return new Promise((answered, refused) => {
    const asking = request(url, { method: 'POST', agent: false, headers, signal }, (response) => {
      const answer = { status: response.statusCode ?? 0, location: response.headers.location };
      const done = (): void => answered(answer);
      response.once('close', done).on('error', done).resume();
      setTimeout(done, REST_MS_MAX).unref();
    });
    asking.on('error', refused).end(body);
  });
}

/** The code alone: a message may repeat the address. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'the request failed';
