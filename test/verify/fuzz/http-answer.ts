/** One answer as it came over the wire. */
export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case; repeated ones stay apart. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Status line and headers, untouched. */
  readonly head: string;
  readonly body: Buffer;
}

interface ReadAnswer {
  readonly answer: HttpAnswer;
  /** Where the next answer would begin. */
  readonly end: number;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/**
 * Reads the first final answer out of what has arrived. Undefined: there is more to come.
 * @param hasEnded the server has closed, which ends an answer without a length (RFC 9112 §6.3)
 */
export function readAnswer(bytes: Buffer, isHead: boolean, hasEnded: boolean): ReadAnswer | undefined {
  let from = 0;
  for (;;) {
    const endOfHead = bytes.indexOf(END_OF_HEAD, from);
    if (endOfHead < 0) return undefined;
    const head = bytes.toString('latin1', from, endOfHead);
    const bodyAt = endOfHead + END_OF_HEAD.length;
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
    if (status < 100 || status > 199) return withBody({ bytes, head, status, bodyAt, isHead, hasEnded });
    // An interim answer, such as `100 Continue`: the final one follows.
    from = bodyAt;
  }
}

interface Head {
  readonly bytes: Buffer;
  readonly head: string;
  readonly status: number;
  readonly bodyAt: number;
  readonly isHead: boolean;
  readonly hasEnded: boolean;
}

function withBody({ bytes, head, status, bodyAt, isHead, hasEnded }: Head): ReadAnswer | undefined {
  const headers = head
    .split('\r\n')
    .slice(1)
    .map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()] as const;
    });
  const told = headers.find(([name]) => name === 'content-length')?.[1];
  const hasNoBody = isHead || status === 204 || status === 304;
  const length = hasNoBody ? 0 : told === undefined ? bytes.length - bodyAt : Number(told);
  if (!hasNoBody && told === undefined && !hasEnded) return undefined;
  const end = bodyAt + length;
  if (bytes.length < end) return undefined;
  return { answer: { status, headers, head, body: bytes.subarray(bodyAt, end) }, end };
}
