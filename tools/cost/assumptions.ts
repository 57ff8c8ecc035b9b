import { FUNCTION_SIZES } from '../../lib/constructs/vault-functions.ts';

/**
 * What the simulation cannot count. The page states each value. Each is rather too high than too low.
 * Durations: an answer of Adobe takes 120–700 ms in the simulation, a call to AWS 5–30 ms.
 */
export const ASSUMED = {
  billedMs: {
    /** One request to Adobe and about eight to AWS. */
    rotatePosting: 650,
    /** A schedule that finds nothing due. */
    rotateIdle: 80,
    vendCached: 25,
    /** Waits for `rotate`. */
    vendRenewed: 750,
    callback: 900,
    authorize: 30,
    reconcile: 1_000,
    /** A new environment, before it serves its first request. */
    start: 400,
  },
  /** About how long Lambda keeps an idle environment. */
  keptSeconds: 600,
  logBytes: {
    /** Four metrics, one line or none, and Lambda's own report. */
    rotate: 2_000,
    vend: 1_200,
    /** One line of the API's access log. */
    apiRequest: 400,
    reconcile: 5_000,
    callback: 1_600,
  },
  /** The share that remains of logs after compression. */
  logCompression: 0.15,
  logMonths: 3,
  /** Names with their dimensions. The census's appear in 4 hours of 24. */
  metrics: { reconcile: 5, census: 6, rotation: 12, vending: 6 },
  /** While the template holds no alarms and no dashboard yet. */
  monitoring: { alarms: 20, dashboards: 1 },
  /** A consent's session, consumed state and outcome in Ephemeral, and its three requests to the API. */
  consent: { writeUnits: 4, readUnits: 3, apiRequests: 3 },
  /** Bytes of a DynamoDB item in addition to its attributes. */
  itemOverheadBytes: 100,
  indexEntryBytes: 150,
  /** Instances of `rotate` read the client secret again every five minutes. */
  secretReadsPerInstanceMonth: (30 * 24 * 60) / 5,
  vendAnswerBytes: 3_000,
  /** The busiest second of a usual day, as a multiple of the mean. */
  peakFactor: 3,
  /** After an outage or a lost schedule group, every connection rotates within this time: half of the slack. */
  recoveryHours: 72,
  /** Lambda gives a whole core to a function with this much memory. */
  mbPerCore: 1_769,
} as const;

/** Defaults of the vault's settings. A test compares them with the schema of the settings. */
export const OWN_LIMITS = { maxSchedulesPerMinute: 120, ratePerSecond: 200 } as const;

export const MONTH_SECONDS = 30 * 24 * 60 * 60;
export const GB = 1_000_000_000;

export function gbOf(name: keyof typeof FUNCTION_SIZES): number {
  return FUNCTION_SIZES[name].memoryMb / 1_024;
}

/** The share of a core that the reconciler's memory buys. */
export function reconcilerCoreShare(): number {
  return Math.min(1, FUNCTION_SIZES.reconcile.memoryMb / ASSUMED.mbPerCore);
}
