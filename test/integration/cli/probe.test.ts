import { afterEach, describe, expect, it } from 'vitest';
import type { ProbeReport } from '../../../cli/probe/probe-steps.ts';
import { runProbe } from '../../../cli/probe/run-probe.ts';
import { createIms } from '../../../functions/adapters/ims/ims-client.ts';
import { isAccessTokenTaken } from '../../../functions/adapters/ims/ims-endpoints.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { createImsStandIn, type ImsStandIn } from '../../../local/ims/ims-stand-in.ts';
import type { ImsProfileChange } from '../../../local/ims/profile.ts';
import { runCommand } from '../../support/cli/run-command.ts';

const CLIENT_SECRET = 'p8e-secret-of-the-probed-credential';
const START_MS = Date.UTC(2026, 10, 22, 12);

let ims: ImsStandIn;
let nowMs = START_MS;

/** A credential that Adobe treats in this way, and a spare grant of it. */
async function credentialWith(profile: ImsProfileChange) {
  nowMs = START_MS;
  const credential = { clientId: 'probed', clientSecrets: [CLIENT_SECRET] };
  ims = createImsStandIn({
    nowMs: () => nowMs,
    profile: { tokens: { signing: 'hs256' }, ...profile, credential },
  });
  const { baseUrl } = await ims.start();
  return { baseUrl, spare: ims.user('alice').issueGrant().refreshToken };
}

async function probe(profile: ImsProfileChange): Promise<ProbeReport & { said: Record<string, string> }> {
  const { baseUrl, spare } = await credentialWith(profile);
  const report = await runProbe(
    {
      ims: createIms({ imsBaseUrl: baseUrl, clientId: 'probed', clock: { nowMs: () => nowMs } }),
      isAccepted: (accessToken) => isAccessTokenTaken(baseUrl, accessToken, fetch),
      clientSecret: new Secret(CLIENT_SECRET),
      sleep: async (durationMs) => {
        nowMs += durationMs;
      },
      graceSeconds: 120,
      progress: () => undefined,
    },
    new Secret(spare),
  );
  const said = Object.fromEntries(report.answers.map(({ question, answer }) => [question, answer]));
  return { ...report, said };
}

afterEach(() => ims.stop());

describe('The probe reports about a credential', () => {
  it.each([
    [
      'strict',
      { mode: 'strict' },
      { rotation: 'yes', 'old-token': 'strict', 'error-old-token': 'access_denied' },
    ],
    [
      'strict, with the other error',
      { mode: 'strict', staleError: 'invalid_grant' },
      { 'old-token': 'strict', 'error-old-token': 'invalid_grant' },
    ],
    ['grace of 45 seconds', { mode: 'grace', graceSeconds: 45 }, { rotation: 'yes', 'old-token': 'grace' }],
    [
      'grace until the successor is used',
      { mode: 'grace', graceSeconds: 'until-successor-used' },
      { rotation: 'yes', 'old-token': 'grace' },
    ],
    ['reuse', { mode: 'reuse' }, { rotation: 'yes', 'old-token': 'reuse' }],
    ['never rotating', { mode: 'never' }, { rotation: 'no', 'old-token': 'never-old' }],
    ['family', { mode: 'family' }, { rotation: 'yes', 'old-token': 'family' }],
  ] as const)('%s', async (_, rotation, expected) => {
    const { said, stopped } = await probe({ rotation });
    expect(said).toMatchObject(expected);
    expect(stopped === undefined).toBe(rotation.mode !== 'family');
    // Whatever it found, the spare grant is revoked at the end.
    expect(ims.ledger.user('alice').liveGrants).toBe(0);
  });

  it('between which looks the grace period ends', async () => {
    const { answers } = await probe({ rotation: { mode: 'grace', graceSeconds: 45 } });
    const detail = answers.find(({ question }) => question === 'old-token')?.detail;
    expect(detail).toContain('more than 30 and at most about 60 seconds');
  });

  it.each([
    ['slides', { lifetime: 'sliding' }, 'yes'],
    ['does not slide', { lifetime: 'absolute' }, 'no'],
  ] as const)('that it %s, rotating or not', async (_, refresh, sliding) => {
    expect((await probe({ refresh })).said.sliding).toBe(sliding);
    await ims.stop();
    expect((await probe({ refresh, rotation: { mode: 'never' } })).said.sliding).toBe(sliding);
  });

  it('that the end of a grant cannot be read, where it cannot', async () => {
    const { said } = await probe({ access: { rtea: 'absent' }, tokens: { shape: 'opaque' } });
    expect(said).toMatchObject({ 'end-readable': 'no', sliding: 'unknown' });
  });

  it.each([
    ['as-documented', 'seconds'],
    ['milliseconds', 'milliseconds'],
  ] as const)('in which unit expires_in is: %s', async (expiresInUnit, unit) => {
    expect((await probe({ access: { expiresInUnit } })).said['expires-in']).toBe(unit);
  });

  it.each([
    ['token', 'token-alone', 'token-alone', undefined],
    ['grant', 'ends-grant', undefined, expect.stringContaining('ended the whole grant')],
  ] as const)('how far a revocation reaches: %s', async (reach, ofAccess, ofRefresh, stopped) => {
    const report = await probe({ revocation: { reach } });
    expect(report.said['revoking-access-token']).toBe(ofAccess);
    expect(report.said['revoking-refresh-token']).toBe(ofRefresh);
    expect(report.said['error-revoked-token']).toBe('invalid_grant');
    expect(report.stopped).toEqual(stopped);
  });

  it.each([
    [200, 'accepted'],
    [400, 'bad_request'],
  ] as const)('what revoking an unknown token is answered: %i', async (unknownToken, answer) => {
    expect((await probe({ revocation: { unknownToken } })).said['revoking-unknown-token']).toBe(answer);
  });

  it('why it stopped, where the user has to act first', async () => {
    const { stopped, said } = await probe({ userAction: { at: 'refresh' } });
    expect(stopped).toContain('ride_AdobeID_acct_terms');
    expect(said.rotation).toBeUndefined();
  });
});

describe('adobe-token-vault probe', () => {
  const files = (spare: string) => async (path: string) =>
    path === 'spare.txt' ? `${spare}\n` : CLIENT_SECRET;
  const at = (baseUrl: string) => [
    'probe',
    '--client-id',
    'probed',
    '--token-file',
    'spare.txt',
    '--ims-url',
    baseUrl,
  ];

  it('consumes no token without the operator’s consent', async () => {
    const { baseUrl, spare } = await credentialWith({});
    const argv = [...at(baseUrl), '--secret-file', 'secret.txt'];
    const unasked = await runCommand(argv, { readFile: files(spare), fetch });
    expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining('--allow-spending') });
    const declined = { interactive: true, ask: async () => 'no', readFile: files(spare), fetch };
    expect((await runCommand(argv, declined)).code).toBe(2);
    expect(ims.ledger.user('alice').tokenPosts.refresh_token).toBe(0);
  });

  it('reads token and secret from files or the environment, and prints neither', async () => {
    const { baseUrl, spare } = await credentialWith({ rotation: { mode: 'family' } });
    const env = { ADOBE_CLIENT_SECRET: CLIENT_SECRET };
    const { stdout, stderr, ...ending } = await runCommand([...at(baseUrl), '--allow-spending', '--json'], {
      readFile: files(spare),
      env,
      fetch,
      nowMs: () => nowMs,
    });
    expect(ending).toMatchObject({ code: 1, document: { clientId: 'probed', answers: expect.any(Array) } });
    for (const secret of [spare, CLIENT_SECRET]) expect(stdout + stderr).not.toContain(secret);
    expect(stdout).not.toMatch(/eyJ/);
  });

  it('says when the credential itself is refused', async () => {
    const { baseUrl, spare } = await credentialWith({});
    const wrong = { readFile: async (path: string) => (path === 'spare.txt' ? spare : 'p8e-wrong'), fetch };
    const argv = [...at(baseUrl), '--secret-file', 'secret.txt', '--allow-spending', '--json'];
    expect(await runCommand(argv, wrong)).toMatchObject({
      code: 1,
      document: { stopped: expect.stringContaining('invalid_client'), answers: [] },
    });
    expect(await runCommand(at(baseUrl), { readFile: files(spare), fetch })).toMatchObject({ code: 2 });
  });
});
