import type { ImportLineRequest, ImportResponse } from '../../../client/contract.ts';
import type { VaultWorld } from './vault-world.ts';

/** `POST /imports` at the function itself, as API Gateway hands it over. */
export async function importTokens(
  { stack }: Pick<VaultWorld, 'stack'>,
  lines: readonly ImportLineRequest[],
  rawQueryString = '',
): Promise<ImportResponse> {
  const body = lines.map((line) => JSON.stringify(line)).join('\n');
  const { payload } = await stack.invoke('AdobeTokenVault-import', {
    version: '2.0',
    routeKey: 'POST /imports',
    rawQueryString,
    headers: { 'content-type': 'application/x-ndjson' },
    requestContext: {},
    body: Buffer.from(body).toString('base64'),
    isBase64Encoded: true,
  });
  const answer = payload as { readonly statusCode: number; readonly body: string };
  if (answer.statusCode !== 200) throw new Error(`The import was answered with ${answer.statusCode}.`);
  return JSON.parse(answer.body);
}
