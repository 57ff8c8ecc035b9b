import { createTokenClient } from 'adobe-token-vault/client';
import { type CommentsRequest, createReadComments, FRAME_IO } from './read-comments.ts';

const readComments = createReadComments(createTokenClient({ allowedHosts: [new URL(FRAME_IO).host] }));

export function handler(event: CommentsRequest) {
  return readComments(event);
}
