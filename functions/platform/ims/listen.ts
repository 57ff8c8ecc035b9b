import * as oauth from 'oauth4webapi';
import { type ConnectionFailure, connectionFailureOf } from './connection-failure.ts';
import { type HttpAnswer, readHttpAnswer } from './http-answer.ts';

export type Heard =
  | { readonly kind: 'answer'; readonly answer: HttpAnswer }
  | { readonly kind: 'nothing'; readonly reason: ConnectionFailure };

/** What every request needs of oauth4webapi. */
export interface RequestOptions {
  readonly [oauth.customFetch]: (
    url: string,
    init: oauth.CustomFetchOptions<'POST', URLSearchParams>,
  ) => Promise<Response>;
  readonly signal: AbortSignal;
}

/**
 * Sends one request and hears it out: no retry, no redirect, and no end before `listenMs`, since IMS may have acted on it
 * already. The library builds the request; its answer is read here, before anybody judges it.
 */
export async function listen(
  fetcher: typeof fetch,
  listenMs: number,
  send: (options: RequestOptions) => Promise<Response>,
): Promise<Heard> {
  let heard: Heard | undefined;
  await send({
    signal: AbortSignal.timeout(Math.max(1, Math.ceil(listenMs))),
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
