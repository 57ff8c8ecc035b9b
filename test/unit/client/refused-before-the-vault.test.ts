import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { AccessDeniedError } from '../../../client/index.ts';
import { clientFixture, ID, problemAnswer } from './client-fixture.ts';

const SESSION_TOKEN = 'IQoJb3JpZ2luX2VjEXAMPLEr//////////wEaCWV1LXdlc3QtMSJHMEUCIQDx+planted/session/token==';
const SIGNATURE = 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41';
const ARN = 'arn:aws:execute-api:eu-west-1:111122223333:abc123/$default/GET/access-tokens/acme.user-42';
const CALLER = 'arn:aws:sts::111122223333:assumed-role/Team-ReaderServiceRole1A2B3C4D-E5F6G7H8/Team-Reader';

const IAM = 'IAM does not allow this caller to use this connection.';
const CLOCK = 'The AWS credentials have expired, or the clock of this machine is wrong.';
const INVALID = 'The AWS credentials are not valid, or the request was changed on the way.';
const ANY =
  /Possible causes: IAM does not allow .* credentials have expired; the clock .* private DNS of an execute-api endpoint/;

async function refusedWith(body: string, contentType = 'application/json'): Promise<AccessDeniedError> {
  const { client } = clientFixture(
    () => new Response(body, { status: 403, headers: { 'content-type': contentType } }),
  );
  return client.getAccessToken(ID).then(
    () => {
      throw new Error('The request was not refused.');
    },
    (error: AccessDeniedError) => error,
  );
}

describe('a 403 without a body of the vault', () => {
  test.each<[string, string, string | RegExp]>([
    ['an HTTP API', 'Forbidden', ANY],
    ['a denial', `User: ${CALLER} is not authorized to perform: execute-api:Invoke on resource: ${ARN}`, IAM],
    ['an explicit deny', 'User is not authorized to access this resource with an explicit deny', IAM],
    ['no signature, or another API', 'Missing Authentication Token', /The URL is not the one of the vault/],
    [
      'a late request',
      'Signature expired: 20261201T120000Z is now earlier than 20261201T120500Z (20261201T121000Z - 5 min.)',
      CLOCK,
    ],
    [
      'an early request',
      'Signature not yet current: 20261201T130000Z is still later than 20261201T120500Z',
      CLOCK,
    ],
    ['expired credentials', 'The security token included in the request is expired', CLOCK],
    ['wrong credentials', 'The security token included in the request is invalid.', INVALID],
  ])('keeps the message of %s and says what it means', async (_what, message, means) => {
    for (const member of ['message', 'Message']) {
      const error = await refusedWith(JSON.stringify({ [member]: message }));
      expect(error).toMatchObject({
        name: 'AccessDeniedError',
        code: 'access_denied',
        gatewayMessage: message,
      });
      expect(error.message).toContain(`with the message "${message}". `);
      expect(error.message).toMatch(means);
    }
  });

  test.each([
    ['HTML', '<html><body>Forbidden by proxy</body></html>', 'text/html'],
    ['nothing', '', 'application/json'],
    ['JSON that is no object', '"Forbidden"', 'application/json'],
    ['a message that is no text', '{"message":{"secret":1}}', 'application/json'],
    ['too much', JSON.stringify({ message: 'x '.repeat(300_000) }), 'application/json'],
  ])('with %s in it has no message, and names every cause', async (_what, body, contentType) => {
    const error = await refusedWith(body, contentType);
    expect(error).toMatchObject({ code: 'access_denied', gatewayMessage: undefined });
    expect(error.message).toContain('without a message');
    expect(error.message).toMatch(ANY);
  });

  test.each([
    [
      'the request that API Gateway expected, with the session token',
      `The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.\n\nThe Canonical String for this request should have been\n'GET\n/access-tokens/acme.user-42\n\nx-amz-security-token:${SESSION_TOKEN}\n\nhost;x-amz-date\n${SIGNATURE}'`,
    ],
    [
      'the same in one line',
      `It does not match. The Canonical String should have been 'x-amz-security-token:${SESSION_TOKEN}'`,
    ],
    ['a token in words', `The token ${SESSION_TOKEN} is not known`],
    ['a signature in quotes', `Signature='${SIGNATURE}', try again`],
    ['a token that looks like an ARN', `arn:aws:sts::111122223333:assumed-role/${SIGNATURE}${SIGNATURE}`],
    ['a token behind many words', `${'word '.repeat(77)}${SESSION_TOKEN}`],
  ])('shows nothing of %s', async (_what, message) => {
    const shown = inspect(await refusedWith(JSON.stringify({ message })), { depth: 9 });
    for (const secret of [SESSION_TOKEN, SIGNATURE]) {
      for (let at = 0; at + 12 <= secret.length; at += 6)
        expect(shown).not.toContain(secret.slice(at, at + 12));
    }
  });

  test('is one bounded line of printable ASCII', async () => {
    const message = `Forbid\u202Eden é \u{1F512} ${'again '.repeat(1000)}`;
    const { gatewayMessage = '' } = await refusedWith(JSON.stringify({ message }));
    expect(gatewayMessage).toMatch(/^[\x20-\x7e]{400}…$/);
    expect(gatewayMessage.startsWith('Forbidden')).toBe(true);
    const lines = JSON.stringify({ message: 'Forbidden \u001b[31m\nsecond line' });
    expect(await refusedWith(lines)).toMatchObject({ gatewayMessage: 'Forbidden' });
  });

  test('with a code of the vault is the vault’s own answer', async () => {
    const { client } = clientFixture(() => problemAnswer(403, 'a_later_code', { detail: 'Detail.' }));
    await expect(client.getAccessToken(ID)).rejects.toMatchObject({
      code: 'access_denied',
      message: 'Title. Detail.',
      gatewayMessage: undefined,
    });
  });
});
