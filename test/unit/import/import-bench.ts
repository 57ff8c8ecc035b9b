import { type ImportResponse, MAX_IMPORT_LINES } from '../../../client/contract.ts';
import { readRefreshTokenClaims } from '../../../functions/adapters/ims/token-claims.ts';
import { createImportTokens } from '../../../functions/core/import/import-tokens.ts';
import { createImportRoute } from '../../../functions/import/route.ts';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';
import { EXAMPLE_CLIENT_ID } from '../../support/fakes/example-records.ts';
import { createFakeRotator } from '../../support/fakes/fake-rotator.ts';
import { type Fault, injectFaults } from '../../support/faults/fault-proxy.ts';

export const SUB = '0123456789ABCDEF01234567@AdobeID';
export { MAX_IMPORT_LINES };

export interface ImportFaults {
  readonly connections?: Fault[];
  readonly accessTokens?: Fault[];
  readonly sealer?: Fault[];
}

/** A refresh token as IMS writes one, unsigned: only IMS can verify it. */
export function readableToken(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`;
}

/** The route and use case of `POST /imports` with the real rotation, over fakes of all ports. */
export function createImportBench(
  faults: ImportFaults = {},
  provider: Parameters<typeof createFakeVault>[0] = {},
) {
  const bench = createFakeVault(provider);
  const rotator = createFakeRotator(({ connectionId, trigger }) => bench.rotate({ connectionId, trigger }));
  const route = createImportRoute(
    createImportTokens({
      ...bench.deps,
      connections: injectFaults(bench.connections, faults.connections ?? []),
      accessTokens: injectFaults(bench.accessTokens, faults.accessTokens ?? []),
      sealer: injectFaults(bench.deps.sealer, faults.sealer ?? []),
      rotator,
      readClaims: readRefreshTokenClaims,
      clientId: EXAMPLE_CLIENT_ID,
      scopes: ['openid', 'offline_access'],
      scopeSets: ['*'],
    }),
  );
  const post = async (body: string, rawQueryString = '', headers: Record<string, string> = NDJSON) => {
    const answer = await route(
      { routeKey: 'POST /imports', rawQueryString, headers, body },
      { getRemainingTimeInMillis: () => 29_000 },
    );
    return { status: answer.statusCode, text: answer.body, body: JSON.parse(answer.body) };
  };
  const send = async (lines: readonly object[], query = ''): Promise<ImportResponse> => {
    const { status, body } = await post(lines.map((line) => JSON.stringify(line)).join('\n'), query);
    if (status !== 200) throw new Error(`The import was answered with ${status}: ${JSON.stringify(body)}`);
    return body;
  };
  /** A token that the ledger of IMS knows. */
  const granted = (subject = SUB): string => bench.ims.ledger.grant({ subject }).refreshToken.reveal();
  return { ...bench, rotator, post, send, granted };
}

const NDJSON = { 'content-type': 'application/x-ndjson' };
