import * as oauth from 'oauth4webapi';
import { type ConnectionFailure, connectionFailureOf } from './connection-failure.ts';
import { type HttpAnswer, readHttpAnswer } from './http-answer.ts';

export type Heard =
  | { readonly kind: 'answer'; readonly answer: HttpAnswer }
  /** `late`: the request is still open; never rejects. */
  | { readonly kind: 'nothing'; readonly reason: ConnectionFailure; readonly late?: Promise<Heard> };

export interface ListeningTime {
  readonly listenMs: number;
  /** From the post on; absent = `listenMs`. */
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
  { listenMs, keepOpenMs = listenMs }: ListeningTime,
  send: (options: RequestOptions) => Promise<Response>,
): Promise<Heard> {
  const answer = hearOut(fetcher, keepOpenMs, send);
  return keepOpenMs > listenMs ? Promise.race([answer, silence(listenMs, answer)]) : answer;
}

function silence(listenMs: number, late: Promise<Heard>): Promise<Heard> {
  return new Promise((resolve) => {
    const tell = () => resolve({ kind: 'nothing', reason: 'silence', late });
    timeout(listenMs).addEventListener('abort', tell, { once: true });
  });
}

const timeout = (durationMs: number): AbortSignal => AbortSignal.timeout(Math.max(1, Math.ceil(durationMs)));

async function hearOut(
  fetcher: typeof fetch,
  keepOpenMs: number,
  send: (options: RequestOptions) => Promise<Response>,
): Promise<Heard> {
  let heard: Heard | undefined;
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

async function hear(pending: Promise<Response>): Promise<Heard> {
  try {
    return { kind: 'answer', answer: await readHttpAnswer(await pending) };
  } catch (error) {
    return { kind: 'nothing', reason: connectionFailureOf(error) };
  }
}
