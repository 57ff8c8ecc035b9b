import { hash } from 'node:crypto';
import type { ImportLineResponse, ImportReason } from '../../client/contract.ts';
import { isConnectionId } from '../../functions/core/connection/connection-id.ts';
import type { FileLine } from './file-lines.ts';

export interface SortedLines {
  readonly toSend: readonly FileLine[];
  /** Results of the lines that are not sent. */
  readonly repeats: readonly ImportLineResponse[];
}

/**
 * The vault knows a repeated token or id only within one request, and one token under two ids would be spent twice. So the
 * whole file is looked at before anything is sent, by the vault's own rule: the first one counts, and of a line that does
 * not count nothing else counts either. What cannot be read is left for the vault to refuse.
 */
export function setRepeatsAside(lines: readonly FileLine[]): SortedLines {
  const repeatOf = createRepeatFinder();
  const toSend: FileLine[] = [];
  const repeats: ImportLineResponse[] = [];
  for (const line of lines) {
    const repeat = repeatOf(line);
    if (repeat === undefined) toSend.push(line);
    else repeats.push(repeat);
  }
  return { toSend, repeats };
}

/** Remembers digests: of a large file the tokens would be much more, and longer in memory than they need to be. */
function createRepeatFinder(): (line: FileLine) => ImportLineResponse | undefined {
  const idLines = new Map<string, number>();
  const tokenLines = new Map<string, number>();
  return ({ number, text }) => {
    const entry = readEntry(text);
    if (entry === undefined) return undefined;
    const { connectionId, tokenDigest } = entry;
    const idLine = idLines.get(connectionId);
    if (idLine !== undefined) return refused(number, connectionId, 'connection_id_repeated', idLine);
    const tokenLine = tokenLines.get(tokenDigest);
    if (tokenLine !== undefined) return refused(number, connectionId, 'refresh_token_repeated', tokenLine);
    idLines.set(connectionId, number);
    tokenLines.set(tokenDigest, number);
    return undefined;
  };
}

function readEntry(text: string): { connectionId: string; tokenDigest: string } | undefined {
  const { connectionId, refreshToken } = parsed(text);
  if (!isConnectionId(connectionId) || typeof refreshToken !== 'string' || refreshToken === '')
    return undefined;
  return { connectionId, tokenDigest: hash('sha256', refreshToken, 'base64url') };
}

/** The parser's error would quote the line: it goes no further. */
function parsed(text: string): { readonly connectionId?: unknown; readonly refreshToken?: unknown } {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

const refused = (
  line: number,
  connectionId: string,
  reason: ImportReason,
  firstLine: number,
): ImportLineResponse => ({
  line,
  connectionId,
  result: 'invalid',
  reason,
  detail: `The first one is in line ${firstLine}.`,
});
