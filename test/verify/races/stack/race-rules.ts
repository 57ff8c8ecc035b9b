import type { ConnectionState } from '../../../../client/contract.ts';
import type { Connection } from '../../../../functions/core/connection/connection.ts';
import type { RefreshTokenEntry } from '../../../../local/ims/ledger.ts';
import { isWithdrawal, type SeenCall, type SeenWrite, userOf } from './race-log.ts';
import { isVend } from './race-plan.ts';
import { isLive, type RaceRecord } from './race-record.ts';

/** What must hold of every run, whatever raced. Each answers in sentences; none is good. */
export const RACE_RULES: readonly ((record: RaceRecord) => string[])[] = [
  neverTwoPostsAtOnce,
  neverPostedAfterItsSuccessorWasKept,
  onlyGrows,
  vendsOnlyWhatIsCurrent,
  answersAsDocumented,
  losesNoGrantOutsideTheWindow,
  neverCallsALivingGrantRevoked,
  endsWhatWasDisconnected,
  staysAwake,
];

function neverTwoPostsAtOnce({ ledger, race }: RaceRecord): string[] {
  const overlapping = (['owner', 'other'] as const).reduce(
    (sum, who) => sum + (ledger.users[userOf(race.connectionId, who)]?.overlappingPosts ?? 0),
    0,
  );
  return overlapping === 0
    ? []
    : [`${overlapping} posts of a refresh token overlapped another of the same one`];
}

/** Once there is evidence against the present token, its predecessor has its one try. */
function neverPostedAfterItsSuccessorWasKept(record: RaceRecord): string[] {
  const { log, race, seen, entryOf } = record;
  const keptAt = (token: RefreshTokenEntry): number => {
    const parkedBeforehand =
      race.parked !== undefined && token.parent === null && token.user.endsWith(':owner');
    const isFirst = log.codeExchanges[0] && entryOf(log.codeExchanges[0].refreshToken).id === token.id;
    if (parkedBeforehand && isFirst) return 0;
    const kept = log.connectionWrites.find(
      ({ after }) => after?.refresh && seen(after.refresh).parent === token.id,
    );
    return kept?.at ?? Number.POSITIVE_INFINITY;
  };
  return log.posts.flatMap(({ byTest, arrivedAt, refreshToken }) => {
    const token = entryOf(refreshToken);
    if (byTest || arrivedAt < keptAt(token)) return [];
    const state = storedAt(record, arrivedAt)?.state;
    const isLastTry = state === 'suspect' || state === 'needs-reauthorization';
    return isLastTry ? [] : [`${token.id} was posted after its successor had been stored`];
  });
}

function onlyGrows({ log }: RaceRecord): string[] {
  const grows = ({ before, after }: SeenWrite<{ generation: string; version?: number }>): boolean =>
    !before ||
    !after ||
    after.generation > before.generation ||
    (after.generation === before.generation && (after.version ?? 0) >= (before.version ?? 0));
  const removed = log.connectionWrites.filter(
    ({ before, after }) => !after && before?.state !== 'disconnected',
  );
  return [
    ...log.connectionWrites.filter((write) => !grows(write)).map(() => 'a connection went back'),
    ...log.accessTokenWrites
      .filter((write) => !grows(write) && !isWithdrawal(write))
      .map(() => 'a published access token went back'),
    ...removed.map(() => 'a connection disappeared'),
  ];
}

/** What was superseded by an operation that had been answered before the vend began is not handed out any more. */
function vendsOnlyWhatIsCurrent(record: RaceRecord): string[] {
  const { log, grantOfGeneration, grantOfAccessToken } = record;
  return log.calls.flatMap((vend) => {
    if (!isVend(vend.actor) || vend.status !== 200) return [];
    const grant = grantOfAccessToken.get(String(vend.answer.accessToken));
    const [generation] = [...grantOfGeneration].find(([, candidate]) => candidate === grant) ?? [];
    if (generation === undefined) return ['a vend answered a token that never was this connection’s'];
    const ended = log.calls.filter(
      (call) => call.endedAt < vend.startedAt && endsGeneration(record, call, generation),
    );
    return ended.map(({ actor }) => `a token was vended after a ${actor.kind} that ended it was answered`);
  });
}

function endsGeneration(record: RaceRecord, call: SeenCall, generation: string): boolean {
  const { log, entryOf, grantOfGeneration } = record;
  if (isEnding(call) && call.status === 202) {
    const current = log.connectionWrites.flatMap(({ at, after }) =>
      at < call.endedAt && after?.state === 'disconnecting' ? [{ at, generation: after.generation }] : [],
    );
    const own = current.filter(({ at }) => at > call.startedAt)[0] ?? current.at(-1);
    return own !== undefined && own.generation > generation;
  }
  if (call.actor.kind === 'redeem' && call.status === 200 && call.consent && !call.answer.keptPrevious) {
    const grant = entryOf(call.consent.refreshToken).grant;
    const [brought] = [...grantOfGeneration].find(([, candidate]) => candidate === grant) ?? [];
    return brought !== undefined && brought > generation;
  }
  return false;
}

/** On a machine that is short of time, calls of AWS run out of theirs: what is answered then is documented too. */
function answersAsDocumented({ log, starved }: RaceRecord): string[] {
  const reached = (state: ConnectionState): boolean =>
    log.connectionWrites.some(({ after }) => after?.state === state);
  const documented = ({ actor: { kind }, status, retryAfter, answer }: SeenCall): boolean => {
    // API Gateway's own 503, when its 30 seconds are over, has no code.
    if (status === 503) return kind === 'redeem' || answer.code === undefined || Number(retryAfter) > 0;
    switch (kind) {
      case 'vend':
      case 'narrow':
        if (status === 404) return reached('disconnecting');
        return status === 200 || status === 0 || (status === 409 && reached('needs-reauthorization'));
      case 'disconnect':
        return status === 202 || (status === 404 && reached('disconnecting'));
      case 'erase':
        return status === 202;
      case 'redeem':
        return status === 200 || (status === 409 && supersedable(log.calls));
      default:
        return status === 200 || answer.errorType === 'PlatformError' || isKilled(answer);
    }
  };
  return log.calls
    .filter((call) => !documented(call) && !(starved && call.status === 500))
    .map(({ actor: { kind }, status, answer }) => `${kind} answered ${status} ${JSON.stringify(answer)}`);
}

function supersedable(calls: readonly SeenCall[]): boolean {
  return (
    calls.filter((call) => call.actor.kind === 'redeem' || call.actor.kind === 'import' || isEnding(call))
      .length > 1
  );
}

function isEnding({ actor: { kind } }: SeenCall): boolean {
  return kind === 'disconnect' || kind === 'erase';
}

function isKilled({ errorType }: SeenCall['answer']): boolean {
  return errorType === 'Runtime.ExitError';
}

/** A successor that IMS issued and no process of ours stored explains a loss, and nothing else does. */
function losesNoGrantOutsideTheWindow({ last, seen, ledger, everStored, race, log }: RaceRecord): string[] {
  if (!isLive(last) || last.refresh === undefined) return [];
  const held = [last.refresh, last.previous, last.alternate].flatMap((token) => (token ? [seen(token)] : []));
  if (held.some(({ standing }) => standing === 'good')) return [];
  const { grant } = seen(last.refresh);
  const neverStored = ledger.refreshTokens.some(
    (token) => token.grant === grant && !everStored.has(token.id),
  );
  if (race.plan.mode !== 'reuse' && neverStored && log.faultsMet.length > 0) return [];
  return [`a grant was lost ${neverStored ? 'though no fault was met' : 'outside the window'}`];
}

function neverCallsALivingGrantRevoked({ log, seen }: RaceRecord): string[] {
  return log.connectionWrites.flatMap(({ after }) =>
    after?.state === 'needs-reauthorization' && after.refresh && seen(after.refresh).standing === 'good'
      ? ['a living grant was called revoked']
      : [],
  );
}

/** The grant of a disconnected generation, or of a user whose place another took, is revoked at IMS. */
function endsWhatWasDisconnected(record: RaceRecord): string[] {
  const { log, last, ledger, grantOfGeneration, race } = record;
  const isWithinReach = (token: RefreshTokenEntry): boolean => isRevocable(record, token);
  const broken = log.connectionWrites.flatMap(({ before, after }) => {
    if (!before || !after || before.generation === after.generation) return [];
    const grant = grantOfGeneration.get(before.generation);
    const isDisconnect = after.state === 'disconnecting';
    const isOtherUser = before.subject !== undefined && after.subject !== before.subject;
    const isBackAgain = isLive(last) && last.subject === before.subject;
    if (grant === undefined || isBackAgain || !(isDisconnect || isOtherUser)) return [];
    const alive = ledger.refreshTokens.some(
      (token) => token.grant === grant && token.standing === 'good' && isWithinReach(token),
    );
    return alive
      ? [`a grant that was ended (${isDisconnect ? 'disconnect' : 'other user'}) is still alive`]
      : [];
  });
  return last?.state === 'disconnecting'
    ? [...broken, `a disconnect was not finished: ${race.connectionId}`]
    : broken;
}

/** Where a token ends alone, the vault must have stored it, and one that another displaced must be known to end alone. */
function isRevocable({ revocation, everStored, race }: RaceRecord, { id }: RefreshTokenEntry): boolean {
  if (revocation.ends !== 'token') return true;
  return everStored.has(id) && (race.plan.mode !== 'reuse' || revocation.scope === 'token');
}

function staysAwake({ last }: RaceRecord): string[] {
  if (last === undefined || last.dueAtMs !== undefined) return [];
  return ['the connection has no due time'];
}

function storedAt({ log }: RaceRecord, at: number): Connection | undefined {
  return log.connectionWrites.findLast((write) => write.at < at)?.after;
}
