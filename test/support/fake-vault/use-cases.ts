import { createScopeSets } from '../../../functions/core/access-tokens/scope-sets.ts';
import { createVendAccessToken } from '../../../functions/core/access-tokens/vend-access-token.ts';
import { createBeginDisconnect } from '../../../functions/core/connection/disconnect.ts';
import { createEraseSubject } from '../../../functions/core/connection/erase-subject.ts';
import { createCompleteTransaction } from '../../../functions/core/consent/complete-transaction.ts';
import { createOpenConsent } from '../../../functions/core/consent/open-consent.ts';
import { createRedeemCode } from '../../../functions/core/consent/redeem-code.ts';
import type { AuthorizationTransaction } from '../../../functions/core/consent/transaction.ts';
import { createDeadline } from '../../../functions/core/deadline.ts';
import { createImportTokens } from '../../../functions/core/import/import-tokens.ts';
import type { DueIndex, UnknownOwners } from '../../../functions/core/ports/connections.ts';
import type { ConsentStore } from '../../../functions/core/ports/consents.ts';
import type { Rotator } from '../../../functions/core/ports/rotation.ts';
import type { ScheduleGroup } from '../../../functions/core/ports/scheduling.ts';
import type { FormerKeyOpener } from '../../../functions/core/ports/sealing.ts';
import { createReconcile } from '../../../functions/core/reconcile/reconcile.ts';
import { createResealConnection } from '../../../functions/core/reseal/reseal-connection.ts';
import { createRotate } from '../../../functions/core/rotation/rotate-connection.ts';
import type { RotateRequest } from '../../../functions/core/rotation/rotate-request.ts';
import type { RotationDeps } from '../../../functions/core/rotation/run.ts';
import { FUNCTION_TIMEOUT_MS } from '../../../functions/core/rotation/time-budget.ts';
import type { Secret } from '../../../functions/core/secret.ts';

/** Every port that a function of the vault may be given. */
export interface VaultPorts extends RotationDeps {
  readonly consents: ConsentStore;
  readonly dueIndex: DueIndex;
  readonly rotator: Rotator;
  readonly scheduleGroup: ScheduleGroup;
}

/** A browser on its way back from Adobe. */
export interface BrowserReturn {
  readonly transaction: AuthorizationTransaction;
  /** How the callback finds it; default: it does. */
  readonly transactions?: { find(): Promise<AuthorizationTransaction> };
  /** The code that Adobe gave it. */
  readonly code: Secret;
  readonly cookies?: readonly string[];
}

export const RETURN_TO = 'https://app.example/back';
const SCOPES = ['openid', 'offline_access'];
const API_MS = 29_000;

/** The real use cases over these ports, called as the functions call them. */
export function useCasesOf(ports: VaultPorts) {
  const { clock, settings } = ports;
  const { clientId, scopeSets, revocationScope } = settings;
  const withScopeSets = { ...ports, scopeSets };
  return {
    rotate: (request: RotateRequest, remainingMs = FUNCTION_TIMEOUT_MS) =>
      createRotate(ports)(request, createDeadline(clock, remainingMs)),
    reconcile: (maxSchedulesPerMinute = 60, remainingMs = FUNCTION_TIMEOUT_MS) =>
      createReconcile({ ...ports, settings: { maxSchedulesPerMinute } })(createDeadline(clock, remainingMs)),
    vend: (connectionId: string, scopes?: string) =>
      createVendAccessToken({ ...ports, scopeSets: createScopeSets(scopeSets), clientId })({
        connectionId,
        ...(scopes !== undefined && { scopes }),
      }),
    disconnect: async (connectionId: string) =>
      (await createBeginDisconnect(withScopeSets)(connectionId)).outcome,
    erase: async (subject: string, { countUnknownOwners }: UnknownOwners) => {
      const subjects = { ...ports.subjects, countUnknownOwners };
      return (await createEraseSubject({ ...withScopeSets, subjects, clientId })(subject)).outcome;
    },
    importToken: async (
      line: { connectionId: string; refreshToken: Secret; subject: string },
      replace: boolean,
    ) => {
      const importTokens = createImportTokens({
        ...withScopeSets,
        readClaims: () => ({}),
        scopes: SCOPES,
        clientId,
      });
      const [imported] = await importTokens({ lines: [line], dryRun: false, replace, remainingMs: API_MS });
      return imported?.outcome ?? 'nothing';
    },
    reseal: async (former: FormerKeyOpener, connectionId: string) =>
      (await createResealConnection({ ...ports, former })(connectionId)).outcome,
    openConsent: async (connectionId: string): Promise<string> => {
      const open = createOpenConsent({ ...ports, settings: { returnUrls: [RETURN_TO] } });
      const opened = await open({ connectionId, returnTo: RETURN_TO, replace: false });
      if (opened.outcome !== 'opened') throw new Error(`No consent session: ${opened.outcome}.`);
      return opened.sessionId.reveal();
    },
    callback: async ({ transaction, transactions, code, cookies = [] }: BrowserReturn) => {
      const complete = createCompleteTransaction({
        ...ports,
        transactions: transactions ?? { find: async () => transaction },
        authorization: { readResponse: () => ({ kind: 'code', code }) },
        settings: {
          clientId,
          scopes: SCOPES,
          callbackUrl: 'https://vault.example/callback',
          returnUrls: [RETURN_TO],
          scopeSets,
          storeProfile: false,
          revocationScope,
        },
      });
      const parameters = new URLSearchParams({ state: transaction.state, code: 'as-sent' });
      return (await complete({ parameters, cookies, remainingMs: API_MS })).outcome;
    },
    redeem: async (
      connectionCode: string,
      redeemer: Parameters<ReturnType<typeof createRedeemCode>>[0]['redeemer'],
      remainingMs = API_MS,
    ) => {
      const redeemed = await createRedeemCode(withScopeSets)({ connectionCode, redeemer, remainingMs });
      return redeemed.outcome === 'redeemed' && redeemed.keptPrevious ? 'kept previous' : redeemed.outcome;
    },
  };
}

/** How a port looks to one process. */
export interface PortView {
  through<Port extends object>(name: string, port: Port): Port;
}

/** What a function uses without awaiting it, or is not watched at. */
const UNSEEN = ['settings', 'telemetry', 'random', 'scheduleGroup'];

/** Every port that a function awaits, as one process sees it. */
export function portsThrough<Ports extends RotationDeps>(ports: Ports, process: PortView): Ports {
  const seen = Object.entries(ports)
    .filter(([name]) => !UNSEEN.includes(name))
    .map(([name, port]) => [name, process.through(name, port as object)]);
  return { ...ports, ...Object.fromEntries(seen) };
}
