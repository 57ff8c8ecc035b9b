import type { ImsStandIn } from '../../ims/ims-stand-in.ts';
import type { CompleteImsUser } from '../../ims/users.ts';
import type { LocalStack } from '../../stack/local-stack.ts';
import type { Timeline } from './timeline.ts';
import type { Turnstile } from './turnstile.ts';
import type { WorldWatch } from './world-watch.ts';

/** Controls over Adobe and time that exist only in the demo. */
export interface DemoControls {
  passDays(days: number, options?: PassOptions): Promise<{ readonly schedulesFired: number }>;
  /** The user removes the application at account.adobe.com. */
  revokeAtAdobe(sub: string): void;
  takeAdobeDown(): void;
  bringAdobeBack(): void;
  isAdobeDown(): boolean;
}

export interface PassOptions {
  readonly onStop?: (nowMs: number) => void | Promise<void>;
  /** See `AdvanceOptions` of the time machine. */
  readonly recurringEveryMs?: number;
}

export interface DemoControlsDeps {
  readonly stack: Pick<LocalStack, 'time'>;
  readonly ims: Pick<ImsStandIn, 'faults' | 'user'>;
  readonly users: readonly CompleteImsUser[];
  readonly turnstile: Turnstile;
  readonly timeline: Timeline;
  readonly watch: WorldWatch;
}

const DAY_MS = 86_400_000;
const ENDPOINTS = ['token', 'authorize', 'revoke'] as const;

export function createDemoControls(deps: DemoControlsDeps): DemoControls {
  const { stack, ims, timeline, watch } = deps;
  let endOutage: (() => void) | undefined;

  return {
    passDays: (days, { onStop, recurringEveryMs = 0 } = {}) =>
      deps.turnstile.alone(async () => {
        const before = watch.schedules().gone;
        await stack.time.advanceBy(days * DAY_MS, {
          recurringEveryMs,
          onTick: async (nowMs) => {
            watch.look();
            await onStop?.(nowMs);
            await deps.turnstile.pause();
          },
        });
        return { schedulesFired: watch.schedules().gone - before };
      }),

    revokeAtAdobe: (sub) => {
      const user = deps.users.find((candidate) => candidate.sub === sub);
      if (user === undefined) return;
      ims.user(user.key).revokeGrants();
      timeline.add(
        'adobe',
        `removed the application on behalf of ${user.givenName}. The vault is not notified.`,
      );
    },

    takeAdobeDown: () => {
      if (endOutage) return;
      const ends = ENDPOINTS.map((endpoint) => ims.faults.always({ kind: 'unavailable' }, { endpoint }));
      endOutage = () => {
        for (const end of ends) end();
      };
      timeline.add('adobe', 'is down: it answers 503 to everything.');
    },

    bringAdobeBack: () => {
      if (!endOutage) return;
      endOutage();
      endOutage = undefined;
      timeline.add('adobe', 'is back.');
    },

    isAdobeDown: () => endOutage !== undefined,
  };
}
