import * as oauth from 'oauth4webapi';
import { type ConnectionFailure, connectionFailureOf } from './connection-failure.ts';
import { type HttpAnswer, readHttpAnswer } from './http-answer.ts';

export type HeardAnswer =
  | { readonly kind: 'answer'; readonly answer: HttpAnswer }
  /** `late`: the request is still open; never rejects. */
  | { readonly kind: 'nothing'; readonly reason: ConnectionFailure; readonly late?: Promise<HeardAnswer> };

export interface ListeningTime {
  readonly timeoutMs: number;
  /** From the post on; absent = `timeoutMs`. */
  readonly keepOpenMs?: number;
}

/** What every request needs of oauth4webapi. */
export interface RequestOptions {
  readonly [oauth.customFetch]: (
    url: string,
    init: oauth.CustomFetchOptions<'POST', URLSearchParams>,
  ) => Promise<Response>;
  readonly signal: AbortSignal;
}

/**
 * Sends one request and hears it out: no retry, no redirect, and no end before its time, since IMS may have acted on it
 * already. The library builds the request; its answer is read here, before anybody judges it.
 */
export async function listen(
  fetcher: typeof fetch,
  { timeoutMs, keepOpenMs = timeoutMs }: ListeningTime,
  send: (options: RequestOptions) => Promise<Response>,
): Promise<HeardAnswer> {
  const answer = hearOut(fetcher, keepOpenMs, send);
  return keepOpenMs > timeoutMs ? Promise.race([answer, silence(timeoutMs, answer)]) : answer;
}

function silence(timeoutMs: number, late: Promise<HeardAnswer>): Promise<HeardAnswer> {
  return new Promise((resolve) => {
    const tell = () => resolve({ kind: 'nothing', reason: 'timeout', late });
    timeout(timeoutMs).addEventListener('abort', tell, { once: true });
  });
}

const timeout = (durationMs: number): AbortSignal => AbortSignal.timeout(Math.max(1, Math.ceil(durationMs)));

async function hearOut(
  fetcher: typeof fetch,
  keepOpenMs: number,
  send: (options: RequestOptions) => Promise<Response>,
): Promise<HeardAnswer> {
  let heard: HeardAnswer | undefined;
  await send({
    signal: timeout(keepOpenMs),
    [oauth.customFetch]: async (url, { signal, ...init }) => {
      heard = await hear(fetcher(url, { ...init, ...(signal && { signal }) }));
      return new Response();
    },
  });
  if (!heard) throw new TypeError('The request was not sent.');
  return heard;
}

async function hear(pending: Promise<Response>): Promise<HeardAnswer> {
  try {
    return { kind: 'answer', answer: await readHttpAnswer(await pending) };
  } catch (error) {
    return { kind: 'nothing', reason: connectionFailureOf(error) };
  }
}
