import type { AwsPlace } from '../stack/aws-place.ts';
import { LocalStackError } from '../stack/local-stack-error.ts';
import { generatedUuid, identifyResource, type ResourceIdentity } from './resource-identity.ts';
import { asRecord, asString, isRecord, type JsonRecord, type StackTemplate } from './template.ts';

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

/** What the functions need of the template around them. */
export interface IntrinsicScope {
  stackName: string;
  resolve(value: unknown): unknown;
  ref(name: string): unknown;
  attribute(logicalId: string, name: string): unknown;
  conditionHolds(name: string): boolean;
  mapped(map: string, first: string, second: string): unknown;
  exportNamed(name: string): unknown;
  outputOf(stackName: string, outputName: string): unknown;
}

export type IntrinsicFunctions = Record<string, (argument: unknown) => unknown>;

const SUBSTITUTION = /\$\{(!?)([^}]+)\}/g;

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html */
function createIntrinsicFunctions(scope: IntrinsicScope): IntrinsicFunctions {
  return {
    ...valueFunctions(scope),
    ...listFunctions(scope),
    ...conditionFunctions(scope),
  };
}

function valueFunctions(scope: IntrinsicScope): IntrinsicFunctions {
  const { resolve } = scope;
  const getAtt = (argument: unknown): unknown => {
    const [logicalId = '', ...rest] = Array.isArray(argument)
      ? argument.map(String)
      : String(argument).split('.');
    return scope.attribute(logicalId, rest.join('.'));
  };
  const substitute = (argument: unknown): string => {
    const [text, given] = Array.isArray(argument) ? argument : [argument, {}];
    const variables = asRecord(given);
    return asString(text, 'Fn::Sub').replaceAll(SUBSTITUTION, (_whole, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (Object.hasOwn(variables, name))
        return asString(resolve(variables[name]), `Fn::Sub variable ${name}`);
      return asString(name.includes('.') ? getAtt(name) : scope.ref(name), `Fn::Sub of ${name}`);
    });
  };
  return {
    Ref: (name) => scope.ref(String(name)),
    'Fn::GetAtt': getAtt,
    'Fn::Sub': substitute,
    'Fn::Base64': (value) => Buffer.from(asString(resolve(value), 'Fn::Base64')).toString('base64'),
    'Fn::ImportValue': (name) => scope.exportNamed(asString(resolve(name), 'Fn::ImportValue')),
    'Fn::GetStackOutput': (argument) => {
      const { StackName, OutputName } = asRecord(argument);
      return scope.outputOf(
        asString(resolve(StackName), 'StackName'),
        asString(resolve(OutputName), 'OutputName'),
      );
    },
  };
}

function listFunctions({ resolve, stackName, mapped }: IntrinsicScope): IntrinsicFunctions {
  const list = (value: unknown, what: string): unknown[] => {
    const resolved = resolve(value);
    if (Array.isArray(resolved)) return resolved;
    throw new LocalStackError('TEMPLATE_UNSUPPORTED', `${what} in ${stackName} needs a list.`);
  };
  return {
    'Fn::Join': (argument) => {
      const [separator, parts] = pair(argument, 'Fn::Join');
      return list(parts, 'Fn::Join')
        .map((part) => asString(part, 'a part of Fn::Join'))
        .join(String(separator));
    },
    'Fn::Select': (argument) => {
      const [index, from] = pair(argument, 'Fn::Select');
      return list(from, 'Fn::Select')[Number(resolve(index))];
    },
    'Fn::Split': (argument) => {
      const [separator, text] = pair(argument, 'Fn::Split');
      return asString(resolve(text), 'Fn::Split').split(String(separator));
    },
    'Fn::FindInMap': (argument) => {
      const [map = '', first = '', second = ''] = list(argument, 'Fn::FindInMap').map(String);
      return mapped(map, first, second);
    },
  };
}

function conditionFunctions({ resolve, conditionHolds }: IntrinsicScope): IntrinsicFunctions {
  const isTruth = (value: unknown): boolean => resolve(value) === true;
  return {
    'Fn::If': (argument) => {
      const [name, yes, no] = Array.isArray(argument) ? argument : [];
      return resolve(conditionHolds(String(name)) ? yes : no);
    },
    'Fn::Equals': (argument) => {
      const [left, right] = pair(argument, 'Fn::Equals');
      return String(resolve(left)) === String(resolve(right));
    },
    'Fn::And': (argument) => Array.isArray(argument) && argument.every(isTruth),
    'Fn::Or': (argument) => Array.isArray(argument) && argument.some(isTruth),
    'Fn::Not': (argument) => Array.isArray(argument) && !isTruth(argument[0]),
    Condition: (name) => conditionHolds(String(name)),
  };
}

function pair(argument: unknown, what: string): [unknown, unknown] {
  if (Array.isArray(argument) && argument.length >= 2) return [argument[0], argument[1]];
  throw new LocalStackError('TEMPLATE_UNSUPPORTED', `${what} needs two arguments.`);
}

/** Stands for "leave this out" until the list or record around it is resolved. */
const ABSENT = Symbol('AWS::NoValue');

// The bootstrap version protects only `cdk deploy`; no resource reads it.
const BOOTSTRAP_VERSION_PARAMETER = /^\/cdk-bootstrap\/[^/]+\/version$/;
const BOOTSTRAP_VERSION = '21';

function pseudoParameters(stackName: string, place: AwsPlace): Record<string, unknown> {
  const { accountId, region, partition, urlSuffix } = place;
  const id = generatedUuid(stackName, 'AWS::StackId');
  return {
    'AWS::AccountId': accountId,
    'AWS::Region': region,
    'AWS::Partition': partition,
    'AWS::URLSuffix': urlSuffix,
    'AWS::StackName': stackName,
    'AWS::StackId': `arn:${partition}:cloudformation:${region}:${accountId}:stack/${stackName}/${id}`,
    'AWS::NotificationARNs': [],
    'AWS::NoValue': ABSENT,
  };
}

/** A given value, or the template's default. */
function parameterValue(
  { stackName, template }: StackTemplate,
  given: Record<string, string>,
  name: string,
): unknown {
  if (Object.hasOwn(given, name)) return given[name];
  const { Type, Default } = template.Parameters?.[name] ?? { Type: 'String' };
  if (Type.startsWith('AWS::SSM::Parameter::Value')) {
    if (BOOTSTRAP_VERSION_PARAMETER.test(String(Default))) return BOOTSTRAP_VERSION;
    throw unsupported(
      `${stackName} reads the SSM parameter ${String(Default)}; give its value as parameter ${name}.`,
    );
  }
  if (Default === undefined) throw unsupported(`${stackName} needs a value for its parameter ${name}.`);
  return Type === 'CommaDelimitedList' ? String(Default).split(',') : Default;
}
