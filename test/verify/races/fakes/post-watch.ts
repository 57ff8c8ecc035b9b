import type { TokenAnswer } from '../../../../functions/core/ports/ims.ts';

/** One POST of a refresh token, as seen from both ends of the wire. */
export interface WatchedPost {
  readonly token: string;
  readonly process: string;
  /** The moment, in the order of all that happens. */
  readonly sentAt: number;
  /** What IMS gave for it. */
  successor?: string;
  accessToken?: string;
  /** The process that sent it saw the answer. */
  wasDelivered: boolean;
  /** The process is gone. */
  readonly isSenderGone: () => boolean;
}

export interface PostWatch {
  readonly posts: readonly WatchedPost[];
  /** Tokens that two processes had posted at the same time. */
  readonly rivals: readonly string[];
  send(token: string, process: string, isSenderGone: () => boolean): SentPost;
}

export interface SentPost {
  answered(answer: TokenAnswer): void;
  delivered(): void;
  /** Its sender does not listen any more. */
  givenUp(): void;
}

/** Counts posts from outside the code: a post is under way until its sender has seen the answer, given up, or died. */
export function createPostWatch(tick: () => number): PostWatch {
  const posts: WatchedPost[] = [];
  const rivals: string[] = [];
  const underWay = new Map<WatchedPost, 'sent' | 'answered'>();

  return {
    posts,
    rivals,
    send(token, process, isSenderGone) {
      const post: WatchedPost = { token, process, sentAt: tick(), wasDelivered: false, isSenderGone };
      for (const [other, step] of underWay) {
        const isOver = step === 'answered' && other.isSenderGone();
        if (other.token === token && other.process !== process && !isOver) rivals.push(token);
      }
      posts.push(post);
      underWay.set(post, 'sent');
      return {
        answered(answer) {
          underWay.set(post, 'answered');
          const { refreshToken, accessToken } = tokensIn(answer);
          if (refreshToken !== undefined && refreshToken !== token) post.successor = refreshToken;
          if (accessToken !== undefined) post.accessToken = accessToken;
        },
        delivered() {
          post.wasDelivered = true;
          underWay.delete(post);
        },
        givenUp: () => void underWay.delete(post),
      };
    },
  };
}

function tokensIn(answer: TokenAnswer): { refreshToken?: string; accessToken?: string } {
  if (answer.kind !== 'tokens') return {};
  const { tokens } = answer;
  return {
    ...(tokens.refreshToken && { refreshToken: tokens.refreshToken.reveal() }),
    ...(tokens.accessToken && { accessToken: tokens.accessToken.token.reveal() }),
  };
}
