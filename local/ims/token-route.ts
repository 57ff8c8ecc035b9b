import type { ImsAnswer } from './answer.ts';
import type { Delivery } from './fault-delivery.ts';
import type { FaultSubject } from './faults.ts';
import type { RefreshTokenRecord } from './grant-store.ts';
import type { ImsContext } from './ims-context.ts';
import { type RefreshPostMoment, unknownUser } from './ledger.ts';
import type { ImsRequest } from './request.ts';
import { answerTokenPost } from './token-endpoint.ts';
import { readTokenPost, type TokenPost, type TokenVersion } from './token-post.ts';

type Strike = (request: ImsRequest, subject: FaultSubject, process: () => ImsAnswer) => Promise<Delivery>;

interface TokenRouteResult extends Delivery {
  readonly onSettled: (outcome: 'delivered' | 'lost') => void;
}

/** The token endpoint with its bookkeeping: arrivals, overlaps, faults and answers that never arrived. */
export const createTokenRoute = (ims: ImsContext, strike: Strike) => {
  const unanswered = new Map<RefreshTokenRecord, number>();

  const enter = (post: TokenPost): (() => void) => {
    const { refreshToken } = post;
    const open = refreshToken === undefined ? 0 : (unanswered.get(refreshToken) ?? 0);
    if (refreshToken !== undefined) unanswered.set(refreshToken, open + 1);
    ims.ledger.count(post.userKey ?? unknownUser, (counts) => {
      counts.tokenPosts[post.grantType] += 1;
      if (open > 0) counts.overlappingPosts += 1;
    });
    return () => {
      if (refreshToken === undefined) return;
      const left = (unanswered.get(refreshToken) ?? 1) - 1;
      if (left === 0) unanswered.delete(refreshToken);
      else unanswered.set(refreshToken, left);
    };
  };

  return (version: TokenVersion) =>
    async (request: ImsRequest): Promise<TokenRouteResult> => {
      const post = readTokenPost(ims, request, version);
      const token = post.refreshToken;
      const leave = enter(post);
      const tell = (moment: RefreshPostMoment['moment']): void => {
        if (token !== undefined) ims.ledger.tellRefreshPost(token, moment);
      };
      tell('arrived');
      let succeeded = false;
      let consumedHere = false;

      const process = (): ImsAnswer => {
        const wasUnused = token?.consumedAtMs === null;
        const issuedBefore = token?.grant.refreshTokens.length;
        const answer = answerTokenPost(ims, request, post);
        ims.tellDecision(request, answer);
        succeeded = answer.status === 200;
        if (token?.grant.refreshTokens.length !== issuedBefore) tell('consumed');
        consumedHere = wasUnused && token.consumedAtMs !== null;
        if (consumedHere && token !== undefined) token.successorAnswer = 'pending';
        return answer;
      };
      const subject = { endpoint: 'token', user: post.userKey, grantType: post.grantType } as const;
      const delivery = await strike(request, subject, process);

      return {
        ...delivery,
        onSettled: (outcome) => {
          leave();
          const isHeard = outcome === 'delivered' && delivery.successorAnswer === 'delivered';
          tell(isHeard ? 'answered' : 'unheard');
          const isLost = outcome === 'lost' && succeeded;
          if (consumedHere && token !== undefined) {
            const spoiled = delivery.successorAnswer !== 'delivered';
            token.successorAnswer = isLost && !spoiled ? 'lost' : delivery.successorAnswer;
          }
          if (!isLost) return;
          ims.ledger.count(post.userKey ?? unknownUser, (counts) => {
            counts.lostAnswers += 1;
          });
        },
      };
    };
};
