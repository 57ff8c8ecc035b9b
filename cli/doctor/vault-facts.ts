import type {
  FunctionFacts,
  KeyFacts,
  ScheduleFacts,
  TableFacts,
} from '../../functions/adapters/aws/inspection.ts';
import type { DeployedStack } from '../../functions/adapters/cloudformation/stack-outputs.ts';
import type { DiscoveryDocument } from '../../functions/adapters/ims/ims-endpoints.ts';
import type { ClientSecretFault } from '../../functions/adapters/secrets-manager/client-secret-source.ts';
import type { Breakers } from '../../functions/core/rotation/breakers.ts';
import type { Known } from './finding.ts';

/** The functions a vault consists of, each named `<vault>-<name>`. */
export const VAULT_FUNCTIONS = [
  'authorize',
  'callback',
  'consents',
  'access-token',
  'connections',
  'import',
  'rotate',
  'reconcile',
] as const;

export type VaultFunction = (typeof VAULT_FUNCTIONS)[number];

/** Everything that `doctor` checks. It contains no secret: of the client secret only the result of trying it. */
export interface VaultFacts {
  readonly stackName: string;
  readonly stack: DeployedStack;
  readonly functions: Readonly<Record<VaultFunction, Known<FunctionFacts | undefined>>>;
  readonly liveAlias: Known<boolean>;
  readonly clientSecret: Known<ClientSecretFacts>;
  readonly refreshKey: Known<KeyFacts>;
  readonly accessKey: Known<KeyFacts>;
  readonly connectionsTable: Known<TableFacts | undefined>;
  readonly accessTokensTable: Known<TableFacts | undefined>;
  readonly ephemeralTable: Known<TableFacts | undefined>;
  readonly schedules: Known<readonly ScheduleFacts[] | undefined>;
  readonly reconcilerSchedules: Known<readonly ScheduleFacts[] | undefined>;
  /** Complete runs of the reconciler within the last `HEARTBEAT_HOURS`. */
  readonly reconcilerRuns: Known<number>;
  readonly adobe: Known<DiscoveryDocument | undefined>;
  readonly tokenEndpoint: Known<EndpointFacts>;
  readonly breakers: Known<Breakers>;
  readonly missed: Known<MissedFacts>;
  readonly fleet: Known<FleetFacts>;
  /** The time that all of this was asked at, by AWS's clock as far as it is known. */
  readonly nowMs: number;
  readonly api: Known<ApiFacts>;
  /** Is there at least one active connection? */
  readonly hasConnections: Known<boolean>;
}

/** What the token endpoint answered to a made-up refresh token. */
export type EndpointFacts = 'not-asked' | { readonly answers: boolean; readonly code: string };

/** Due times that have passed, in the whole fleet. */
export interface MissedFacts {
  readonly count: number;
  /** False: there are more than were counted. */
  readonly complete: boolean;
  readonly oldestDueAtMs?: number;
  /** When the first of their grants expires. */
  readonly firstExpiryMs?: number;
}

export interface FleetFacts {
  readonly counted: number;
  /** False: there are more than were counted. */
  readonly complete: boolean;
  readonly byState: Readonly<Record<string, number>>;
  /** The number of connections whose rotation is late. */
  readonly late: number;
  /** Since when the first of them is late. */
  readonly lateSinceMs?: number;
  /** When the first of their grants expires. */
  readonly lateFirstExpiryMs?: number;
  /** Ids, the first expiry first. */
  readonly lateExamples: readonly string[];
  readonly expired: number;
  readonly notRenewable: number;
  readonly degraded: number;
  readonly degradedExamples: readonly string[];
}

export const HEARTBEAT_HOURS = 3;

/** `refused`: Adobe does not accept it. `unclear`: Adobe's answer does not tell. */
export type ClientSecretFacts =
  | ClientSecretFault
  | 'scheduled-for-deletion'
  | 'accepted'
  | 'accepted-in-part'
  | 'refused'
  | 'unclear';

/** How the API answers an unsigned request. */
export interface ApiFacts {
  readonly status: number;
  /** How far this machine's clock is ahead of the API's, by its `Date` header. */
  readonly clockAheadMs: number | undefined;
}

/** A variable of a function, if the function is known. */
export function variableOf(facts: VaultFacts, of: VaultFunction, name: string): string | undefined {
  const found = facts.functions[of];
  return found.known ? found.value?.variables[name] : undefined;
}
