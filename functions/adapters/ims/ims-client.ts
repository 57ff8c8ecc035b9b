import { isSecureUrl } from '../../../client/contract.ts';
import { PlatformError } from '../../core/platform-error.ts';
import type { Ims, RefreshAnswer } from '../../core/ports/ims.ts';
import type { Clock } from '../../core/ports/platform.ts';
import { Secret } from '../../core/secret.ts';
import { isTokenEndpoint, readRevokeAnswer } from './error-answer.ts';
import { createIdTokenVerifier, withIdToken } from './id-token.ts';
import { imsEndpoints } from './ims-endpoints.ts';
import {
  createTokenRequests,
  fetchOncePerConnection,
  type Received,
  sendAndReceive,
} from './send-request.ts';
import { type ReadTokenAnswer, readTokenAnswer } from './token-answer.ts';

export interface ImsDependencies {
  /** https; http on a loopback host only. */
  readonly imsBaseUrl: string;
  readonly clientId: string;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Acceptable issuers of ID tokens. Absent = both forms that Adobe documents. */
  readonly issuers?: readonly string[];
  readonly fetch?: typeof fetch;
}

/** No token of Adobe's: Adobe can only refuse it. */
export const NO_GRANT = new Secret('adobe-token-vault-asks-without-a-grant');

/** Adobe IMS over HTTP: sends a request, then reads its answer. */
export function createIms(deps: ImsDependencies): Ims {
  assertSecure(deps.imsBaseUrl);
  const { clientId } = deps;
  const fetcher = fetchOncePerConnection(deps.fetch ?? fetch);
  const nowMs = () => deps.clock.nowMs();
  const endpoints = imsEndpoints(deps.imsBaseUrl);
  const requests = createTokenRequests(endpoints, clientId);
  const issuers = deps.issuers ?? endpoints.issuers;
  const verify = createIdTokenVerifier({
    clientId,
    issuers,
    keysUrl: endpoints.keys,
    fetch: fetcher,
    nowMs,
  });
  const read = (received: Received): ReadTokenAnswer =>
    received.kind === 'nothing'
      ? { answer: { kind: 'unknown', reason: received.reason } }
      : readTokenAnswer(received.answer, nowMs());
  const readRefresh = (received: Received): RefreshAnswer => {
    const { answer } = read(received);
    if (received.kind === 'answer' || received.late === undefined) return answer;
    return { ...answer, late: received.late.then((late) => read(late).answer) };
  };

  return {
    async exchangeCode(exchange) {
      const received = await sendAndReceive(fetcher, exchange, requests.codeGrant(exchange));
      return await withIdToken(read(received), exchange.nonce, verify);
    },
    async refresh(refresh) {
      return readRefresh(await sendAndReceive(fetcher, refresh, requests.refreshGrant(refresh)));
    },
    async answersWithoutGrant({ clientSecret, timeoutMs }) {
      const check = { refreshToken: NO_GRANT, clientSecret, timeoutMs };
      const received = await sendAndReceive(fetcher, check, requests.refreshGrant(check));
      return received.kind === 'answer' && isTokenEndpoint(received.answer, nowMs());
    },
    async revoke(revocation) {
      const received = await sendAndReceive(fetcher, revocation, requests.revocation(revocation));
      return readRevokeAnswer(received, nowMs());
    },
  };
}

function assertSecure(imsBaseUrl: string): void {
  if (URL.canParse(imsBaseUrl) && isSecureUrl(new URL(imsBaseUrl))) return;
  const message = 'The IMS base URL must be https (http on a loopback host only).';
  throw new PlatformError('SETTINGS_INVALID', message);
}
