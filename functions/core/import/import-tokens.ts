import { createDeadline, type Deadline } from '../deadline.ts';
import { PlatformError } from '../platform-error.ts';
import type { ReadRefreshTokenClaims } from '../ports/ims.ts';
import { decideImport, type ImportRefusal, type TokenImport } from './decide-import.ts';
import { type ImportDeps, type ImportOptions, importToken, type TokenImported } from './import-token.ts';

export interface ImportTokensDeps extends ImportDeps {
  readonly readClaims: ReadRefreshTokenClaims;
  /** What the vault asks for. */
  readonly scopes: readonly string[];
}

export interface ImportRequest extends ImportOptions {
  readonly lines: readonly TokenImport[];
  /** How long this process may still run. */
  readonly remainingMs: number;
}

export type LineOutcome =
  | Exclude<TokenImported, { outcome: 'contended' }>
  | { readonly outcome: 'invalid'; readonly reason: ImportRefusal }
  /** Unknown, or not started for lack of time. The line may be sent again. */
  | { readonly outcome: 'unavailable' };

/** One outcome for each line, in their order. */
export type ImportTokens = (request: ImportRequest) => Promise<readonly LineOutcome[]>;

const AT_ONCE = 10;
/** What one line may take when KMS and DynamoDB are slow. A line is not started with less time left. */
const LINE_MS = 12_000;
const UNAVAILABLE: LineOutcome = { outcome: 'unavailable' };

/**
 * Takes over refresh tokens that another system holds. A line that fails does not affect the others. Sending a line again
 * changes nothing that is stored.
 */
export function createImportTokens(deps: ImportTokensDeps): ImportTokens {
  return async ({ lines, dryRun, replace, remainingMs }) => {
    const deadline = createDeadline(deps.clock, remainingMs);
    const classified = decideLines(deps, lines);
    const outcomes: LineOutcome[] = [];
    for (let first = 0; first < classified.length; first += AT_ONCE) {
      const batch = classified.slice(first, first + AT_ONCE);
      outcomes.push(
        ...(await Promise.all(batch.map((one) => importLine(deps, one, { dryRun, replace }, deadline)))),
      );
    }
    report(deps, outcomes, dryRun);
    return outcomes;
  };
}

type DecidedLine = ReturnType<typeof decideImport> & { readonly line: TokenImport };

/** Two lines with one id would race, and one token under two ids would be consumed twice: only the first line counts. */
function decideLines(deps: ImportTokensDeps, lines: readonly TokenImport[]): readonly DecidedLine[] {
  const ids = new Set<string>();
  const tokens = new Set<string>();
  return lines.map((line) => {
    const token = line.refreshToken.reveal();
    if (ids.has(line.connectionId)) return { line, kind: 'refused', reason: 'connection_id_repeated' };
    if (tokens.has(token)) return { line, kind: 'refused', reason: 'refresh_token_repeated' };
    ids.add(line.connectionId);
    tokens.add(token);
    return { line, ...decideImport(line, deps.readClaims(line.refreshToken), deps, deps.clock.nowMs()) };
  });
}

async function importLine(
  deps: ImportTokensDeps,
  classified: DecidedLine,
  options: ImportOptions,
  deadline: Deadline,
): Promise<LineOutcome> {
  if (classified.kind === 'refused') return { outcome: 'invalid', reason: classified.reason };
  if (deadline.remainingMs() < LINE_MS) return UNAVAILABLE;
  const { line, grant } = classified;
  try {
    const imported = await importToken(deps, line, grant, options, createDeadline(deps.clock, LINE_MS));
    return imported.outcome === 'contended' ? UNAVAILABLE : imported;
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    const { connectionId } = line;
    deps.telemetry.error('A refresh token could not be imported.', error, { connectionId });
    return UNAVAILABLE;
  }
}

function report({ telemetry }: ImportTokensDeps, outcomes: readonly LineOutcome[], dryRun: boolean): void {
  const counts: Record<string, number> = {};
  for (const { outcome } of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  telemetry.info('Refresh tokens of another system were imported.', { dryRun, ...counts });
  if (dryRun) return;
  for (const [result, count] of Object.entries(counts)) {
    telemetry.measure('ImportedTokens', count, 'Count', { result });
  }
}
