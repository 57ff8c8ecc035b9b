import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';

export interface ReconcilerDependencies {
  readonly client: LambdaClient;
  readonly functionName: string;
}

/** What the reconciler answers. */
export interface ReconcilerCounts {
  readonly overdue: number;
  readonly rescheduled: number;
}

/** Runs the reconciler now, as its hourly schedule does. `failed`: it threw; its log says why. Throws the SDK's own errors. */
export type RunReconciler = () => Promise<ReconcilerCounts | 'failed'>;

/** A second run at the same time is harmless: it creates the same schedules. */
export function createReconcilerRunner({ client, functionName }: ReconcilerDependencies): RunReconciler {
  return async () => {
    const { FunctionError, Payload } = await client.send(new InvokeCommand({ FunctionName: functionName }));
    if (FunctionError !== undefined || Payload === undefined) return 'failed';
    const counts = JSON.parse(Buffer.from(Payload).toString('utf8')) as Partial<ReconcilerCounts>;
    return { overdue: Number(counts.overdue ?? 0), rescheduled: Number(counts.rescheduled ?? 0) };
  };
}
