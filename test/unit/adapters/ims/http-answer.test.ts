import { describe, expect, it } from 'vitest';
import { readHttpAnswer } from '../../../../functions/adapters/ims/http-answer.ts';

const TOKENS = { access_token: 'at', refresh_token: 'rt', token_type: 'bearer' };

/** A response whose body brings these texts and never ends. */
function endless(...texts: readonly string[]) {
  const state = { cancelled: false };
  const body = new ReadableStream({
    start(controller) {
      for (const text of texts) controller.enqueue(Buffer.from(text));
    },
    cancel() {
      state.cancelled = true;
    },
  });
  return { state, response: new Response(body) };
}

/** The part that is read while no more bytes arrive. */
async function readUntilQuiet({ response, state }: ReturnType<typeof endless>) {
  const quiet = new Promise<undefined>((resolve) => setImmediate(() => setImmediate(resolve, undefined)));
  const answer = await Promise.race([readHttpAnswer(response), quiet]);
  return answer && { ...answer, text: Buffer.from(answer.body).toString('utf8'), ...state };
}

describe('An answer that stays incomplete', () => {
  it.each([
    ['at once', [JSON.stringify(TOKENS)]],
    ['in pieces', [...JSON.stringify(TOKENS)]],
    ['with blanks behind it', [`${JSON.stringify(TOKENS)}\r\n`]],
  ])('is not waited for where it has brought the refresh token %s', async (_, texts) => {
    const answer = await readUntilQuiet(endless(...texts));
    expect(answer).toMatchObject({ complete: true, cancelled: true });
    expect(JSON.parse(answer?.text ?? '')).toEqual(TOKENS);
  });

  it.each([
    ['it has brought none', '{"access_token":"at"}'],
    ['its refresh token is empty', '{"access_token":"at","refresh_token":""}'],
    ['it is a refusal', '{"error":"access_denied"}'],
    ['its object is not closed', '{"refresh_token":"rt","more":{}'],
    ['another object holds the token', '{"refresh_token":"rt"}{}'],
  ])('is waited for where %s', async (_, text) => {
    expect(await readUntilQuiet(endless(text))).toBeUndefined();
  });
});
