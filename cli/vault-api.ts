import { type ConnectionCalls, createConnectionCalls } from '../client/connection-calls.ts';
import type {
  ConnectionListResponse,
  EraseSubjectRequest,
  EraseSubjectResponse,
  ImportResponse,
  RotationResponse,
} from '../client/contract.ts';
import { assertConnectionId } from '../client/token-request.ts';
import { processAnswer } from '../client/vault-answer.ts';
import { UnexpectedAnswerError } from '../client/vault-error.ts';
import type { CallVault, VaultRequest } from '../client/vault-http.ts';

/** The vault's HTTP API as an operator uses it. Every call throws `VaultError`. */
export interface VaultApi
  extends Pick<ConnectionCalls, 'status' | 'disconnect' | 'openConsent' | 'redeemConsent'> {
  /** @param query parameters of `GET /connections` */
  list(query: Readonly<Record<string, string>>): Promise<ConnectionListResponse>;
  rotate(connectionId: string): Promise<RotationResponse>;
  erase(request: EraseSubjectRequest): Promise<EraseSubjectResponse>;
  /** @param lines JSON lines, at most `MAX_IMPORT_LINES` */
  importTokens(lines: string, options: ImportLinesOptions): Promise<ImportResponse>;
}

export interface ImportLinesOptions {
  readonly dryRun: boolean;
  readonly replace: boolean;
}

export function createVaultApi(callVault: CallVault): VaultApi {
  const ask = <Answer>(request: VaultRequest, isAnswer: (body: Partial<Answer>) => boolean) =>
    callVault(
      request,
      (answer, sentAtMs) => {
        const body = processAnswer(answer, sentAtMs) as Partial<Answer>;
        if (!isAnswer(body))
          throw new UnexpectedAnswerError('The response does not come from a token vault.');
        return body as Answer;
      },
      new AbortController().signal,
    );

  return {
    // A command keeps no tokens, so there is nothing to forget.
    ...createConnectionCalls(callVault, () => undefined),
    list: (query) =>
      ask<ConnectionListResponse>(
        { method: 'GET', path: '/connections', query: encoded(query) },
        ({ connections }) => Array.isArray(connections),
      ),
    async rotate(connectionId) {
      assertConnectionId(connectionId);
      return ask<RotationResponse>(
        { method: 'POST', path: `/connections/${connectionId}/rotations` },
        ({ outcome }) => typeof outcome === 'string',
      );
    },
    erase: (body) =>
      ask<EraseSubjectResponse>(
        { method: 'POST', path: '/subjects/erase', body },
        ({ connections }) => typeof connections === 'number',
      ),
    importTokens: (body, { dryRun, replace }) =>
      ask<ImportResponse>(
        {
          method: 'POST',
          path: '/imports',
          query: encoded({ dry_run: String(dryRun), replace: String(replace) }),
          headers: { 'content-type': 'application/x-ndjson' },
          body,
        },
        ({ results }) => Array.isArray(results),
      ),
  };
}

/** Not URLSearchParams: it writes a space as `+`, which SigV4 does not. */
function encoded(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}
