import type { TokenClient } from 'adobe-token-vault/client';

export interface CommentsRequest {
  readonly connectionId: string;
  readonly accountId: string;
  readonly fileId: string;
}

interface CommentsPage {
  readonly data: readonly { readonly id: string; readonly text: string }[];
  readonly links?: { readonly next?: string | null };
}

export const FRAME_IO = 'https://api.frame.io';
const MOST_PAGES = 20;

/**
 * Reads the comments on one file, page by page, as the user of the connection. The credential needs the Frame.io API, and the
 * vault its scopes: `openid`, `profile`, `email`, `offline_access` and `additional_info.roles`.
 *
 * @see https://developer.adobe.com/frameio/api/current/#tag/Comments/operation/comments.index
 */
export function createReadComments(tokens: Pick<TokenClient, 'fetch'>) {
  return async ({ connectionId, accountId, fileId }: CommentsRequest): Promise<readonly string[]> => {
    const path = `/v4/accounts/${encodeURIComponent(accountId)}/files/${encodeURIComponent(fileId)}/comments`;
    const texts: string[] = [];
    let next: URL | undefined = new URL(path, FRAME_IO);
    for (let pages = 0; next !== undefined && pages < MOST_PAGES; pages++) {
      const answer: Response = await tokens.fetch(connectionId, next);
      if (!answer.ok) throw new FrameIoError(answer.status);
      const { data, links } = (await answer.json()) as CommentsPage;
      texts.push(...data.map(({ text }) => text));
      next = links?.next ? new URL(links.next, next) : undefined;
    }
    return texts;
  };
}

/** Frame.io answers 429 above a hundred calls per minute and user. */
export class FrameIoError extends Error {
  override readonly name = 'FrameIoError';
  readonly status: number;

  constructor(status: number) {
    super(`Frame.io answered with status ${status}.`);
    this.status = status;
  }
}
