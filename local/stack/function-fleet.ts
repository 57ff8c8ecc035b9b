import type { FunctionRuntime } from './function-runtime.ts';
import { LocalStackError } from './local-stack-error.ts';
import { meansLogicalId } from './logical-id.ts';

/** Every function of the stack, found by name (with or without its stack's), ARN or logical id. */
export interface FunctionFleet {
  byName: ReadonlyMap<string, FunctionRuntime>;
  find(reference: string): FunctionRuntime | undefined;
  get(reference: string): FunctionRuntime;
  /** As `get`, with the alias or version that stands behind the name. */
  resolve(reference: string): { runtime: FunctionRuntime; qualifier: string | undefined };
  stop(): Promise<void>;
}

const ARN = /^arn:[^:]+:lambda:[^:]+:\d+:function:([^:]+)/;

export function createFunctionFleet(runtimes: FunctionRuntime[]): FunctionFleet {
  const byName = new Map(runtimes.map((runtime) => [runtime.definition.functionName, runtime]));

  const find = (reference: string): FunctionRuntime | undefined => {
    const name = ARN.exec(reference)?.[1] ?? reference;
    return (
      byName.get(name) ??
      runtimes.find(
        ({ definition }) =>
          definition.functionName === `${definition.stackName}-${name}` ||
          meansLogicalId(definition.logicalId, name),
      )
    );
  };

  const get = (reference: string): FunctionRuntime => {
    const runtime = find(reference);
    if (runtime) return runtime;
    const names = [...byName.keys()].join(', ');
    throw new LocalStackError('UNKNOWN_NAME', `There is no function ${reference}; there are ${names}.`);
  };

  return {
    byName,
    find,
    get,
    resolve: (reference) => {
      const [name = '', qualifier] = reference
        .replace(/^arn:[^:]+:lambda:[^:]+:\d+:function:/, '')
        .split(':');
      return { runtime: get(name), qualifier };
    },
    stop: async () => {
      await Promise.all(runtimes.map((runtime) => runtime.kill()));
    },
  };
}
