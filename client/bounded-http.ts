/** The body as text; absent when it is longer than `limitBytes`, which is then not read to its end. */
export async function readBounded(response: Response, limitBytes: number): Promise<string | undefined> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > limitBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Runs `work` with a signal that aborts for the caller's reason, or with a `TimeoutError` after `limitMs`.
 *
 * Not `AbortSignal.any` with `AbortSignal.timeout`: before Node.js 22.16 a garbage collection takes such a time limit away,
 * and a caller's signal that lives long collects the remains of every call. Here nothing stays behind.
 * @see https://github.com/nodejs/node/issues/57736
 */
export async function withinTimeLimit<Result>(
  limitMs: number,
  caller: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  caller.throwIfAborted();
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(timeout(limitMs)), limitMs);
  timer.unref();
  const leave = (): void => controller.abort(caller.reason);
  caller.addEventListener('abort', leave);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    caller.removeEventListener('abort', leave);
  }
}

function timeout(limitMs: number): DOMException {
  return new DOMException(`There was no answer within ${limitMs} ms.`, 'TimeoutError');
}
