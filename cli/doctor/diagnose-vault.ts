import { checkClientSecret, checkRedirectUri, checkScopes } from './checks/check-credential.ts';
import { checkAccessKey, checkRefreshKey } from './checks/check-keys.ts';
import { checkBreakers, checkDueTimes, checkFleet, checkTokenEndpoint } from './checks/check-outage.ts';
import { checkHeartbeat, checkReconcilerSchedule, checkScheduleGroup } from './checks/check-schedules.ts';
import { checkFunctions, checkLiveAlias, checkStack } from './checks/check-stack.ts';
import { checkAdobe, checkApi, checkClock } from './checks/check-surroundings.ts';
import { checkAccessTokensTable, checkConnectionsTable, checkEphemeralTable } from './checks/check-tables.ts';
import type { Finding } from './finding.ts';
import type { VaultFacts } from './vault-facts.ts';

type Check = (facts: VaultFacts) => readonly Finding[];

/** From the foundations upwards. */
const CHECKS: readonly Check[] = [
  checkStack,
  checkFunctions,
  checkLiveAlias,
  checkClientSecret,
  checkRedirectUri,
  checkScopes,
  checkRefreshKey,
  checkAccessKey,
  checkConnectionsTable,
  checkAccessTokensTable,
  checkEphemeralTable,
  checkScheduleGroup,
  checkReconcilerSchedule,
  checkHeartbeat,
  checkDueTimes,
  checkFleet,
  checkClock,
  checkAdobe,
  checkTokenEndpoint,
  checkBreakers,
  checkApi,
];

/** Checks a vault by its facts. Pure. Every check returns at least one finding. */
export function diagnoseVault(facts: VaultFacts): readonly Finding[] {
  return CHECKS.flatMap((check) => check(facts));
}
