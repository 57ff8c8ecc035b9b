import { expect, it } from 'vitest';
import { createRoleSessions } from '../../../local/aws/role-sessions.ts';
import { createSigV4Verifier, parseAuthorization } from '../../../local/aws/sigv4-verifier.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 12);
const role = {
  roleName: 'reader',
  roleArn: 'arn:aws:iam::111122223333:role/reader',
  accessKeyId: 'AKIAREADER',
  secretAccessKey: 'secret-key-of-the-reader',
  policies: [],
  trust: {},
};
const directory = {
  accountId: '111122223333',
  region: 'us-east-1',
  roles: [role],
  keyPolicies: new Map(),
  sessions: createRoleSessions(),
};

it.each(['constructor', '__proto__', 'toString'])(
  'verifies a request with a query parameter named %s like any other',
  async (name) => {
    const authorization = `AWS4-HMAC-SHA256 Credential=AKIAREADER/20261122/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
    const parsed = parseAuthorization(authorization);
    if (!parsed) throw new Error('expected a signature');
    const verify = createSigV4Verifier(directory, () => NOW_MS);
    const headers = { host: 'localhost', 'x-amz-date': '20261122T120000Z', authorization };
    const request = { method: 'GET', path: `/connections?${name}=1`, headers, body: new Uint8Array() };
    expect(await verify(request, parsed)).toMatchObject({ code: 'InvalidSignatureException' });
  },
);

it('takes a signature of the machine’s clock from a role that has it alone, and tells others the stack’s time', async () => {
  const amzDate = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const authorization = `AWS4-HMAC-SHA256 Credential=AKIAREADER/${amzDate.slice(0, 8)}/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
  const parsed = parseAuthorization(authorization);
  if (!parsed) throw new Error('expected a signature');
  const moved = Date.UTC(2031, 0, 1);
  const request = {
    method: 'POST',
    path: '/',
    headers: { host: 'localhost', 'x-amz-date': amzDate, authorization },
    body: new Uint8Array(),
  };
  const answerTo = (holder: typeof role & { hasClockOfMachine?: true }) =>
    createSigV4Verifier({ ...directory, roles: [holder] }, () => moved)(request, parsed);
  expect(await answerTo(role)).toMatchObject({
    code: 'InvalidSignatureException',
    message: expect.stringContaining('which is 2031-01-01T00:00:00.000Z on this local stack'),
  });
  expect(await answerTo({ ...role, hasClockOfMachine: true })).toMatchObject({
    message: expect.stringContaining('does not match the signature you provided'),
  });
});
