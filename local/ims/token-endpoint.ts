import { errorAnswer, type ImsAnswer } from './answer.ts';
import { refuseClient } from './client-authentication.ts';
import { exchangeCode } from './code-grant.ts';
import type { ImsContext } from './ims-context.ts';
import { increment, unknownUser } from './ledger.ts';
import { exchangeRefreshToken } from './refresh-grant.ts';
import type { ImsRequest } from './request.ts';
import type { TokenPost } from './token-post.ts';

const exchange = (ims: ImsContext, post: TokenPost): ImsAnswer => {
  switch (post.grantType) {
    case 'authorization_code':
      return exchangeCode(ims, post);
    case 'refresh_token':
      return exchangeRefreshToken(ims, post);
    case 'other':
      return errorAnswer(400, 'unsupported_grant_type', 'invalid grant_type parameter');
  }
};

const errorNameOf = (answer: ImsAnswer): string => {
  const body: { error?: unknown } = JSON.parse(answer.body);
  return typeof body.error === 'string' ? body.error : `http_${answer.status}`;
};

export const answerTokenPost = (ims: ImsContext, request: ImsRequest, post: TokenPost): ImsAnswer => {
  const answer = refuseClient(request, post.parameter, ims.profile()) ?? exchange(ims, post);
  ims.ledger.count(post.userKey ?? unknownUser, (counts) => {
    if (answer.status === 200) counts.tokenSuccesses[post.grantType] += 1;
    else increment(counts.refusals, errorNameOf(answer));
  });
  return answer;
};
