import type { TokenAnswer } from '../../../../functions/core/ports/ims.ts';
import type { CrashWorld } from '../../faults/crash-world.ts';

/** Which consent a token goes back to, by the provider's own answers. Named by the consent's first refresh token. */
export interface TokenFamilies {
  of(token: string): string;
  /** When Adobe gave it, in the order of all that happens: a consent is under way from then on. */
  bornAt(root: string): number | undefined;
}

export function watchFamilies({ ims }: CrashWorld, tick: () => number): TokenFamilies {
  const roots = new Map<string, string>();
  const births = new Map<string, number>();
  const of = (token: string) => roots.get(token) ?? token;
  const note = (answer: TokenAnswer, parent: string | undefined) => {
    if (answer.kind !== 'tokens') return;
    const { refreshToken, accessToken } = answer.tokens;
    const root = parent ?? refreshToken?.reveal();
    if (root === undefined) return;
    if (parent === undefined) births.set(root, tick());
    if (refreshToken) roots.set(refreshToken.reveal(), root);
    if (accessToken) roots.set(accessToken.token.reveal(), root);
  };
  const { exchangeCode, refresh } = ims;
  ims.exchangeCode = async (exchange) => {
    const answer = await exchangeCode(exchange);
    note(answer, undefined);
    return answer;
  };
  ims.refresh = async (posted) => {
    const answer = await refresh(posted);
    note(answer, of(posted.refreshToken.reveal()));
    return answer;
  };
  return { of, bornAt: (root) => births.get(root) };
}
