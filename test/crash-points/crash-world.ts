import { createDeadline } from '../../functions/core/application/deadline.ts';
import { createGuard } from '../../functions/core/application/guard/guard.ts';
import { FUNCTION_TIMEOUT_MS } from '../../functions/core/application/rotation/ladder.ts';
import { refreshBinding } from '../../functions/core/application/rotation/prepare.ts';
import { createRotate } from '../../functions/core/application/rotation/rotate.ts';
import type { RotationDeps } from '../../functions/core/application/rotation/rotation-deps.ts';
import type { Connection } from '../../functions/core/domain/connection.ts';
import type { RotateRequest } from '../../functions/core/domain/rotate-request.ts';
import { createFakeConsentStore } from '../support/fakes/fake-consent-store.ts';
import { createFakeWakeIndex } from '../support/fakes/fake-wake-index.ts';
import type { ProviderMode } from '../support/fakes/ims-token-book.ts';
import { createRotationBench } from '../support/rotation/rotation-bench.ts';
import type { FaultyProcess } from './faulty-process.ts';

export const PROVIDER_MODES = ['reuse', 'grace', 'strict', 'family'] as const satisfies ProviderMode[];

/** Longer than lease, guard and its spread together take to come back to a connection. */
const GRACE_MS = 3 * 3_600_000;

export type CrashWorld = ReturnType<typeof createCrashWorld>;

/** The real use cases over fakes of all ports, and what happens around them. */
export function createCrashWorld(mode: ProviderMode) {
  const bench = createRotationBench({ mode, graceMs: GRACE_MS });
  const { clock, memory } = bench;
  const history = watchGenerations(memory.connections);
  const started: RotateRequest[] = [];
  const ports = {
    ...bench.deps,
    wakes: createFakeWakeIndex(memory),
    consents: createFakeConsentStore({ clock }),
    rotator: {
      async rotate() {
        await Promise.resolve();
        return 'still-running' as const;
      },
      async start(request: RotateRequest) {
        await Promise.resolve();
        started.push(request);
      },
    },
  };

  /** Refresh tokens that are stored somewhere, in clear. */
  const keptTokens = async (): Promise<ReadonlySet<string>> => {
    const kept = new Set<string>();
    for (const connection of memory.connections.values()) {
      for (const token of tokensOf(connection)) {
        kept.add((await bench.sealing.opener.open(token.sealed, refreshBinding(connection, token))).reveal());
      }
    }
    for (const parked of bench.parking.parked()) {
      const { connectionId, generation, version, sealed } = parked;
      const binding = refreshBinding(
        { connectionId, clientId: bench.deps.settings.clientId },
        { generation, version: version + 1 },
      );
      kept.add((await bench.sealing.opener.open(sealed, binding)).reveal());
    }
    return kept;
  };

  return {
    ...bench,
    mode,
    ports,
    /** Runs of `rotate` that were asked for and have not begun. */
    started,
    /** Writes by which something older replaced something newer. */
    setbacks: history,
    keptTokens,
    runRotate: (request: RotateRequest, process?: FaultyProcess) =>
      createRotate(process ? rotationPortsOf(bench.deps, process) : bench.deps)(
        request,
        createDeadline(clock, FUNCTION_TIMEOUT_MS),
      ),
    runGuard: (process?: FaultyProcess) =>
      createGuard({
        ...(process ? rotationPortsOf(bench.deps, process) : bench.deps),
        wakes: process ? process.through('wakes', ports.wakes) : ports.wakes,
        settings: { maxAlarmsPerMinute: 60 },
      })(createDeadline(clock, FUNCTION_TIMEOUT_MS)),
  };
}

/** Every port a rotation awaits, as one process sees it. */
export function rotationPortsOf(deps: RotationDeps, process: FaultyProcess): RotationDeps {
  return {
    ...deps,
    connections: process.through('connections', deps.connections),
    accessTokens: process.through('accessTokens', deps.accessTokens),
    subjects: process.through('subjects', deps.subjects),
    breakers: process.through('breakers', deps.breakers),
    sealer: process.through('sealer', deps.sealer),
    opener: process.through('opener', deps.opener),
    ims: process.through('ims', deps.ims),
    clientSecret: process.through('clientSecret', deps.clientSecret),
    alarms: process.through('alarms', deps.alarms),
    parking: process.through('parking', deps.parking),
    events: process.through('events', deps.events),
    clock: process.through('clock', deps.clock),
  };
}

function tokensOf({ refresh, previous, alternate, revocations }: Connection) {
  const owed = revocations.flatMap((owing) => (owing.kind === 'refresh' ? [owing.token] : []));
  return [refresh, previous, alternate, ...owed].filter((token) => token !== undefined);
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
