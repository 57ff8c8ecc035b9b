import type { Rotator } from '../../../functions/core/ports/rotation.ts';
import type {
  OutcomesByTrigger,
  RotateOutcome,
  RotateRequest,
  RotateTrigger,
} from '../../../functions/core/rotation/rotate-request.ts';

export interface FakeRotator extends Rotator {
  readonly rotated: readonly { readonly request: RotateRequest; readonly waitMs: number }[];
  readonly started: readonly RotateRequest[];
  /** Resolves when every run that was started in the background has ended. */
  settled(): Promise<void>;
}

export type RotateRun = (request: RotateRequest) => Promise<RotateOutcome | 'still-running'>;

/** Hands each request to `run`: a fixed answer, or the real use case over the same fakes. */
export function createFakeRotator(run: RotateRun): FakeRotator {
  const rotated: { request: RotateRequest; waitMs: number }[] = [];
  const started: RotateRequest[] = [];
  const running: Promise<unknown>[] = [];
  return {
    rotated,
    started,
    async rotate<Trigger extends RotateTrigger>(request: RotateRequest<Trigger>, waitMs: number) {
      rotated.push({ request, waitMs });
      return run(request) as Promise<OutcomesByTrigger[Trigger] | 'still-running'>;
    },
    async start(request) {
      await Promise.resolve();
      started.push(request);
      // An asynchronous invocation: its outcome does not matter here.
      running.push(run(request).catch(() => undefined));
    },
    async settled() {
      while (running.length > 0) await running.shift();
    },
  };
}
