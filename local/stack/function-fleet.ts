import type { FunctionRuntime } from './function-runtime.ts';
import { LocalStackError } from './local-stack-error.ts';
import { meansLogicalId } from './logical-id.ts';

/** Every function of the stack, found by name, by ARN with or without qualifier, or by logical id. */
export interface FunctionFleet {
  byName: ReadonlyMap<string, FunctionRuntime>;
  find(reference: string): FunctionRuntime | undefined;
  get(reference: string): FunctionRuntime;
  stop(): Promise<void>;
}

const ARN = /^arn:[^:]+:lambda:[^:]+:\d+:function:([^:]+)/;

export const createFunctionFleet = (runtimes: FunctionRuntime[]): FunctionFleet => {
  const byName = new Map(runtimes.map((runtime) => [runtime.definition.functionName, runtime]));

  const find = (reference: string): FunctionRuntime | undefined => {
    const name = ARN.exec(reference)?.[1] ?? reference;
    return byName.get(name) ?? runtimes.find(({ definition }) => meansLogicalId(definition.logicalId, name));
  };

  return {
    byName,
    find,
    get: (reference) => {
      const runtime = find(reference);
      if (runtime) return runtime;
      const names = runtimes.map(({ definition }) => definition.logicalId).join(', ');
      throw new LocalStackError('UNKNOWN_NAME', `There is no function ${reference}; there are ${names}.`);
    },
    stop: async () => {
      await Promise.all(runtimes.map((runtime) => runtime.kill()));
    },
  };
};
