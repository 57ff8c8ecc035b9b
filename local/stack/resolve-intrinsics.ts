import type { AwsPlace } from './aws-place.ts';
import { createIntrinsicFunctions } from './intrinsic-functions.ts';
import { LocalStackError } from './local-stack-error.ts';
import { identifyResource, type ResourceIdentity } from './resource-identity.ts';
import { asRecord, asString, isRecord, type JsonRecord, type StackTemplate } from './template.ts';
import { ABSENT, parameterValue, pseudoParameters } from './template-parameters.ts';

/** Resolves the intrinsic functions of one stack; values of other stacks come through `exportNamed` and `outputOf`. */
export interface IntrinsicResolver {
  resolve(value: unknown): unknown;
  identityOf(logicalId: string): ResourceIdentity;
  conditionHolds(name: string): boolean;
}

export interface IntrinsicResolverDeps {
  stack: StackTemplate;
  place: AwsPlace;
  /** Template parameters given from outside, before the template's own defaults. */
  parameters: Record<string, string>;
  exportNamed(name: string): unknown;
  outputOf(stackName: string, outputName: string): unknown;
}

function unsupported(message: string): LocalStackError {
  return new LocalStackError('TEMPLATE_UNSUPPORTED', message);
}

export function createIntrinsicResolver(deps: IntrinsicResolverDeps): IntrinsicResolver {
  const { stack, place, exportNamed, outputOf } = deps;
  const { stackName, template } = stack;
  const pseudo = pseudoParameters(stackName, place);

  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve).filter((item) => item !== undefined);
    if (!isRecord(value)) return value;
    const resolved = resolveRecord(value);
    return resolved === ABSENT ? undefined : resolved;
  };

  const identityOf = createIdentifier(stack, place, resolve);

  const conditionHolds = (name: string): boolean => {
    const condition = template.Conditions?.[name];
    if (condition === undefined) throw unsupported(`${stackName} has no condition ${name}.`);
    return resolve(condition) === true;
  };

  const functions = createIntrinsicFunctions({
    stackName,
    resolve,
    conditionHolds,
    exportNamed,
    outputOf,
    mapped: (map, first, second) => template.Mappings?.[map]?.[first]?.[second],
    ref: (name) => {
      if (Object.hasOwn(pseudo, name)) return pseudo[name];
      if (template.Parameters?.[name]) return parameterValue(stack, deps.parameters, name);
      return identityOf(name).ref;
    },
    attribute: (logicalId, name) => {
      const value = identityOf(logicalId).attributes[name];
      if (value !== undefined) return value;
      throw unsupported(`${stackName} asks for ${logicalId}.${name}, which the local stack does not know.`);
    },
  });

  const resolveRecord = (record: JsonRecord): unknown => {
    const [name, ...others] = Object.keys(record);
    if (name !== undefined && others.length === 0) {
      const intrinsic = Object.hasOwn(functions, name) ? functions[name] : undefined;
      // A policy statement holds `Condition: {…}`; only the text form is CloudFormation's.
      if (intrinsic && (name !== 'Condition' || typeof record[name] === 'string'))
        return intrinsic(record[name]);
      if (name.startsWith('Fn::'))
        throw unsupported(`${stackName} uses ${name}, which the local stack cannot resolve.`);
    }
    const resolved = Object.entries(record).map(([property, value]): [string, unknown] => [
      property,
      resolve(value),
    ]);
    return Object.fromEntries(resolved.filter(([, value]) => value !== undefined));
  };

  return { resolve, identityOf, conditionHolds };
}

/** Names resources when they are first asked for: a name may be built from the names of others. */
function createIdentifier(
  { stackName, template }: StackTemplate,
  place: AwsPlace,
  resolve: (value: unknown) => unknown,
): (logicalId: string) => ResourceIdentity {
  const identities = new Map<string, ResourceIdentity>();
  const inProgress = new Set<string>();

  return (logicalId) => {
    const known = identities.get(logicalId);
    if (known) return known;
    const resource = template.Resources?.[logicalId];
    if (!resource) throw unsupported(`${stackName} refers to ${logicalId}, which it does not contain.`);
    if (inProgress.has(logicalId)) throw unsupported(`${stackName} names ${logicalId} after itself.`);
    inProgress.add(logicalId);
    const text = (property: string): string | undefined => {
      const value = resolve(asRecord(resource.Properties)[property]);
      return value === undefined ? undefined : asString(value, `${property} of ${logicalId}`);
    };
    const identity = identifyResource(resource.Type, { ...place, stackName, logicalId, text });
    inProgress.delete(logicalId);
    if (!identity)
      throw unsupported(
        `${stackName} refers to ${logicalId} of type ${resource.Type}, which has no name here.`,
      );
    identities.set(logicalId, identity);
    return identity;
  };
}
