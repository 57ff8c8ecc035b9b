import { expect, test } from 'vitest';
import { clientFixture, ID, tokenAnswer } from './client-fixture.ts';

const MINUTE_MS = 60_000;

/** API Gateway whose clock is ahead: it refuses a signature that is more than five minutes off. */
function fixture(aheadMs: number, { answersDate = true, refusesAll = false } = {}) {
  const made = clientFixture(({ headers }) => {
    const serverMs = made.clock.nowMs + aheadMs;
    const signed = headers.get('x-amz-date') ?? '';
    const [date, time] = [signed.slice(0, 8), signed.slice(9, 15)].map((digits) => digits.match(/../g) ?? []);
    const signedMs = Date.parse(
      `${date?.slice(0, 2).join('')}-${date?.slice(2).join('-')}T${time?.join(':')}Z`,
    );
    if (refusesAll || !(Math.abs(signedMs - serverMs) < 5 * MINUTE_MS)) {
      const dated = answersDate ? { date: new Date(serverMs).toUTCString() } : {};
      return Response.json({ message: 'Forbidden' }, { status: 403, headers: dated });
    }
    return tokenAnswer('t');
  });
  return made;
}

test.each([-1440, -30, -6, 6, 30, 1440])(
  'a clock that is %i minutes off is corrected once',
  async (minutes) => {
    const { client, calls } = fixture(minutes * MINUTE_MS);
    await expect(client.getAccessToken(ID)).resolves.toMatchObject({ accessToken: 't' });
    expect(calls).toHaveLength(2);
    await client.getAccessToken(ID, { rejected: 't' });
    expect(calls).toHaveLength(3);
  },
);

test('a corrected clock does not lengthen the life of a token', async () => {
  const { client, clock } = fixture(30 * MINUTE_MS);
  const token = await client.getAccessToken(ID);
  expect(token.expiresAtMs).toBe(clock.nowMs + 86_400_000);
});

test('a clock that is further off is named, and not corrected', async () => {
  const { client, calls } = fixture(1500 * MINUTE_MS);
  await expect(client.getAccessToken(ID)).rejects.toMatchObject({
    code: 'access_denied',
    message: expect.stringContaining('1500 minutes slow'),
  });
  expect(calls).toHaveLength(1);
});

test.each([
  ['the clock is right', 0, {}, 1],
  ['the answer has no Date', 30 * MINUTE_MS, { answersDate: false }, 1],
  ['the corrected request is refused too', 30 * MINUTE_MS, {}, 2],
])('where %s, the refusal is the answer', async (_, aheadMs, options, sent) => {
  const { client, calls } = fixture(aheadMs, { ...options, refusesAll: true });
  await expect(client.getAccessToken(ID)).rejects.toMatchObject({ code: 'access_denied' });
  expect(calls).toHaveLength(sent);
  await expect(client.getAccessToken(ID)).rejects.toMatchObject({ code: 'access_denied' });
  expect(calls).toHaveLength(sent + 1);
});
