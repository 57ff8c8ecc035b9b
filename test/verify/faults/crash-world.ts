import type { Connection } from '../../../functions/core/connection/connection.ts';
import { refreshBinding } from '../../../functions/core/connection/sealed-token.ts';
import type { DueIndex } from '../../../functions/core/ports/connections.ts';
import type { ConsentStore } from '../../../functions/core/ports/consents.ts';
import type { RotateRequest } from '../../../functions/core/rotation/rotate-request.ts';
import type { RotationDeps, RotationSettings } from '../../../functions/core/rotation/run.ts';
import { Secret } from '../../../functions/core/secret.ts';
import type { ProviderMode } from '../../../local/ims/refresh-token-rules.ts';
import { createFakeVault, type FakeParts, type FakeVaultBase } from '../../support/fake-vault/fake-vault.ts';
import {
  type PortView,
  portsThrough,
  useCasesOf,
  type VaultPorts,
} from '../../support/fake-vault/use-cases.ts';
import { createFakeDueIndex } from '../../support/fakes/fake-connection-indexes.ts';
import { createFakeConsentStore } from '../../support/fakes/fake-consent-store.ts';
import type { LedgerOptions } from '../../support/fakes/ims-ledger.ts';
import {
  createFaultyProcess,
  type FaultKind,
  type FaultyProcess,
  type FaultyProcessOptions,
  type PlannedFault,
  portKindsAt,
} from './faulty-process.ts';
import type { Scenario } from './preparations.ts';

/** Longer than lease, reconciler and its spread together take to come back to a connection. */
const GRACE_MS = 3 * 3_600_000;
export const FORGED_COMMIT_ID = 'forged-commit';
const CLIENT_SECRET = 'p8e-canary_of-the-client-secret';

export type CrashWorld = ReturnType<typeof createCrashWorld>;

/** What takes the place of fakes, and of a process that meets faults at their ports. */
export interface Wiring {
  readonly parts: (base: FakeVaultBase) => Partial<FakeParts>;
  readonly deps: Partial<RotationDeps>;
  readonly ports: { readonly dueIndex: DueIndex; readonly consents: ConsentStore };
  readonly kindsAt: (point: string) => readonly FaultKind[];
  readonly createProcess: (options: FaultyProcessOptions) => FaultyProcess;
  /** The process is over: what the world does from now on is not about adapters. */
  readonly leaveWire: () => void;
}

/** How this vault and its provider differ from those of the crash points. */
export interface WorldVariant {
  readonly settings?: Partial<RotationSettings>;
  readonly provider?: Pick<LedgerOptions, 'revocationScope'>;
  readonly parts?: Partial<FakeParts>;
}

/** The real use cases over fakes of all ports, or over what is wired in their place, and what happens around them. */
export function createCrashWorld(
  mode: ProviderMode,
  graceMs = GRACE_MS,
  wire?: (base: FakeVaultBase) => Wiring,
  { settings, provider, parts }: WorldVariant = {},
) {
  let wiring: Wiring | undefined;
  const replaced = (base: FakeVaultBase): Partial<FakeParts> => {
    wiring = wire?.(base);
    return wiring?.parts(base) ?? parts ?? {};
  };
  const vault = createFakeVault({ mode, graceMs, ...provider }, replaced, settings);
  vault.clientSecret.store({ current: new Secret(CLIENT_SECRET) });
  const { clock, memory } = vault;
  const deps: RotationDeps = { ...vault.deps, ...wiring?.deps };
  const history = watchGenerations(memory.connections);
  const started: RotateRequest[] = [];
  const ports: VaultPorts = {
    ...deps,
    dueIndex: wiring?.ports.dueIndex ?? createFakeDueIndex(memory),
    consents: wiring?.ports.consents ?? createFakeConsentStore({ clock }),
    scheduleGroup: vault.schedules.group,
    rotator: {
      async rotate() {
        await Promise.resolve();
        return 'still-running';
      },
      async start(request) {
        await Promise.resolve();
        started.push(request);
      },
    },
  };
  /** As this process runs them; without one, as the world does that goes on. */
  const useCases = (process?: PortView) => useCasesOf(process ? portsThrough(ports, process) : ports);
  const { kindsAt = portKindsAt, createProcess = createFaultyProcess } = wiring ?? {};

  /** Refresh tokens that are stored somewhere, in clear. What does not open keeps nothing. */
  const keptTokens = async (): Promise<ReadonlySet<string>> => {
    const { clientId } = vault.deps.settings;
    const stored = [...memory.connections.values()].flatMap((owner) =>
      tokensOf(owner).map((token) => ({ owner, token })),
    );
    const parked = vault.parking.parked().map(({ connectionId, generation, version, sealed }) => ({
      owner: { connectionId, clientId },
      token: { generation, version: version + 1, sealed },
    }));
    const opened = [...stored, ...parked].map(({ owner, token }) =>
      vault.sealing.opener.open(token.sealed, refreshBinding(owner, token)).catch(() => undefined),
    );
    return new Set((await Promise.all(opened)).flatMap((token) => (token ? [token.reveal()] : [])));
  };

  return {
    ...vault,
    deps,
    mode,
    graceMs,
    ports,
    /** Runs of `rotate` that were asked for and have not begun. */
    started,
    /** Writes by which something older replaced something newer. */
    setbacks: history,
    keptTokens,
    leaveWire: () => wiring?.leaveWire(),
    kindsAt,
    startProcess: ({ timeoutMs, outage }: Scenario, planned?: PlannedFault) =>
      createProcess({ clock, timeoutMs, ...(planned && { planned }), ...(outage && { outage }) }),
    /** Genuine parked successors. A forged envelope fires in vain, and its loss costs no grant. */
    waiting: () => vault.parking.parked().filter(({ commitId }) => commitId !== FORGED_COMMIT_ID),
    useCases,
    runRotate: (request: RotateRequest, process?: PortView) => useCases(process).rotate(request),
  };
}

function tokensOf({ refresh, previous, alternate, revocations }: Connection) {
  const ended = revocations.flatMap((one) => (one.kind === 'refresh' ? [one.token] : []));
  return [refresh, previous, alternate, ...ended].filter((token) => token !== undefined);
}

/** Notes every write that takes a connection back in generation, or in version within one. */
function watchGenerations(connections: Map<string, Connection>): readonly string[] {
  const setbacks: string[] = [];
  const set = connections.set.bind(connections);
  connections.set = (connectionId, after) => {
    const before = connections.get(connectionId);
    const isOlder =
      before !== undefined &&
      (after.generation < before.generation ||
        (after.generation === before.generation && after.version < before.version));
    if (isOlder) setbacks.push(connectionId);
    return set(connectionId, after);
  };
  return setbacks;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** By then the lease has expired and the reconciler has handled whatever the crashed process left. */
const LATE_AFTER_MS = 3 * HOUR_MS;
/** Far more than three days ever bring; more means that something fires without end. */
const MOST_ROUNDS = 6_000;

/**
 * Three days after the fault: schedules fire, parked schedules fire every minute, the reconciler runs every hour, runs that were
 * asked for begin, and a request of the dead process arrives late. Nothing fails any more.
 */
export async function worldGoesOn(
  world: CrashWorld,
  late: (() => Promise<unknown>) | undefined,
): Promise<void> {
  const { clock, schedules, waiting, started } = world;
  const endsAtMs = clock.nowMs() + 3 * DAY_MS;
  let reconcilerAtMs = clock.nowMs() + HOUR_MS;
  let lateAtMs = late ? clock.nowMs() + LATE_AFTER_MS : undefined;
  for (let rounds = 0; ; rounds += 1) {
    if (rounds > MOST_ROUNDS) throw new Error('Schedules fire without end.');
    for (const request of started.splice(0)) await quietly(world, request);
    const parkedAtMs = waiting().length > 0 ? clock.nowMs() + MINUTE_MS : undefined;
    const nextAtMs = earliest(reconcilerAtMs, schedules.pending()[0]?.atMs, parkedAtMs, lateAtMs);
    if (nextAtMs > endsAtMs) return;
    clock.advance(Math.max(0, nextAtMs - clock.nowMs()));
    if (lateAtMs !== undefined && lateAtMs <= clock.nowMs()) {
      lateAtMs = undefined;
      await late?.().catch(() => undefined);
    }
    for (const { connectionId } of schedules.fireDue(clock.nowMs())) {
      await quietly(world, { connectionId, trigger: 'schedule' });
    }
    for (const parked of waiting()) {
      await quietly(world, { connectionId: parked.connectionId, trigger: 'parked', parked });
    }
    if (reconcilerAtMs <= clock.nowMs()) {
      reconcilerAtMs += HOUR_MS;
      if (anythingDue(world)) await world.useCases().reconcile();
    }
  }
}

async function quietly(world: CrashWorld, request: RotateRequest): Promise<void> {
  await world.runRotate(request).catch(() => undefined);
}

/** A reconciler that finds no work changes nothing: its run is skipped. */
function anythingDue({ memory, clock }: CrashWorld): boolean {
  return [...memory.connections.values()].some(({ dueAtMs }) => (dueAtMs ?? clock.nowMs()) < clock.nowMs());
}

function earliest(first: number, ...others: readonly (number | undefined)[]): number {
  return Math.min(first, ...others.filter((atMs) => atMs !== undefined));
}
