import type { ImsAnswer } from './answer.ts';
import type { FaultBook } from './faults.ts';
import type { GrantStore } from './grant-store.ts';
import type { LedgerBook } from './ledger.ts';
import type { ImsProfile } from './profile.ts';
import type { ImsRequest } from './request.ts';
import type { TokenIssuer } from './token-issuer.ts';
import type { SigningKeys } from './token-writer.ts';
import type { CompleteImsUser } from './users.ts';

/** What the endpoints share. Read through functions, because tests change profiles while the server runs. */
export interface ImsContext {
  readonly nowMs: () => number;
  readonly baseUrl: () => string;
  readonly profile: () => ImsProfile;
  readonly profileOf: (userKey: string) => ImsProfile;
  readonly users: ReadonlyMap<string, CompleteImsUser>;
  readonly grants: GrantStore;
  readonly issuer: TokenIssuer;
  readonly keys: SigningKeys;
  readonly ledger: LedgerBook;
  readonly faults: FaultBook;
  /** Called when a token request or a revocation has taken effect. */
  readonly onDecision: (request: ImsRequest, answer: ImsAnswer) => void;
}
