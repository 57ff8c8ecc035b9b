import { isSecureUrl } from '../../../client/contract.ts';
import { PlatformError } from '../../core/platform-error.ts';
import type { Ims, RefreshAnswer } from '../../core/ports/ims.ts';
import type { Clock } from '../../core/ports/platform.ts';
import { readRevokeAnswer } from './error-answer.ts';
import { createIdTokenVerifier, withIdToken } from './id-token.ts';
import { imsEndpoints } from './ims-endpoints.ts';
import { createTokenRequests, fetchOncePerConnection, type HeardAnswer, listen } from './send-request.ts';
import { type ReadTokenAnswer, readTokenAnswer } from './token-answer.ts';

export interface ImsDependencies {
  /** https; http on a loopback host only. */
  readonly imsBaseUrl: string;
  readonly clientId: string;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Acceptable issuers of ID tokens; absent = both forms Adobe documents. */
  readonly issuers?: readonly string[];
  readonly fetch?: typeof fetch;
}

/** Adobe IMS over HTTP. */
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
  const read = (heard: HeardAnswer): ReadTokenAnswer =>
    heard.kind === 'nothing'
      ? { answer: { kind: 'unknown', reason: heard.reason } }
      : readTokenAnswer(heard.answer, nowMs());
  const readRefresh = (heard: HeardAnswer): RefreshAnswer => {
    const { answer } = read(heard);
    if (heard.kind === 'answer' || heard.late === undefined) return answer;
    return { ...answer, late: heard.late.then((late) => read(late).answer) };
  };

  return {
    async exchangeCode(exchange) {
      const heard = await listen(fetcher, exchange, requests.codeGrant(exchange));
      return await withIdToken(read(heard), exchange.nonce, verify);
    },
    async refresh(refresh) {
      return readRefresh(await listen(fetcher, refresh, requests.refreshGrant(refresh)));
    },
    async revoke(revocation) {
      const heard = await listen(fetcher, revocation, requests.revocation(revocation));
      return readRevokeAnswer(heard, nowMs());
    },
  };
}

function assertSecure(imsBaseUrl: string): void {
  if (URL.canParse(imsBaseUrl) && isSecureUrl(new URL(imsBaseUrl))) return;
  const message = 'The IMS base URL must be https (http on a loopback host only).';
  throw new PlatformError('SETTINGS_INVALID', message);
}
