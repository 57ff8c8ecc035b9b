import { LocalStackError } from './local-stack-error.ts';
import { identifyResource, type ResourceIdentity } from './resource-identity.ts';
import { generatedUuid } from './resource-names.ts';
import { asRecord, asString, isRecord, type JsonRecord, type StackTemplate } from './template.ts';

export interface AwsPlace {
  accountId: string;
  region: string;
  partition: string;
  urlSuffix: string;
}

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

// The bootstrap version only guards `cdk deploy`; no resource reads it.
const BOOTSTRAP_VERSION_PARAMETER = /^\/cdk-bootstrap\/[^/]+\/version$/;
const BOOTSTRAP_VERSION = '21';
const SUBSTITUTION = /\$\{(!?)([^}]+)\}/g;
const ABSENT = Symbol('AWS::NoValue');

const unsupported = (message: string): LocalStackError =>
  new LocalStackError('TEMPLATE_UNSUPPORTED', message);

export const createIntrinsicResolver = (deps: IntrinsicResolverDeps): IntrinsicResolver => {
  const { stack, place } = deps;
  const { stackName, template } = stack;
  const identities = new Map<string, ResourceIdentity>();
  const inProgress = new Set<string>();

  const pseudoParameters: Record<string, unknown> = {
    'AWS::AccountId': place.accountId,
    'AWS::Region': place.region,
    'AWS::Partition': place.partition,
    'AWS::URLSuffix': place.urlSuffix,
    'AWS::StackName': stackName,
    'AWS::StackId': `arn:${place.partition}:cloudformation:${place.region}:${place.accountId}:stack/${stackName}/${generatedUuid(stackName, 'AWS::StackId')}`,
    'AWS::NotificationARNs': [],
    'AWS::NoValue': ABSENT,
  };

  const parameterValue = (name: string): unknown => {
    const given = deps.parameters[name];
    if (given !== undefined) return given;
    const { Type, Default } = template.Parameters?.[name] ?? { Type: 'String' };
    if (Type.startsWith('AWS::SSM::Parameter::Value')) {
      if (BOOTSTRAP_VERSION_PARAMETER.test(String(Default))) return BOOTSTRAP_VERSION;
      throw unsupported(
        `${stackName} reads the SSM parameter ${String(Default)}; give its value as parameter ${name}.`,
      );
    }
    if (Default === undefined) throw unsupported(`${stackName} needs a value for its parameter ${name}.`);
    return Type === 'CommaDelimitedList' ? String(Default).split(',') : Default;
  };

  const identityOf = (logicalId: string): ResourceIdentity => {
    const known = identities.get(logicalId);
    if (known) return known;
    const resource = template.Resources?.[logicalId];
    if (!resource) throw unsupported(`${stackName} refers to ${logicalId}, which it does not contain.`);
    if (inProgress.has(logicalId)) throw unsupported(`${stackName} names ${logicalId} after itself.`);
    inProgress.add(logicalId);
    const identity = identifyResource(resource.Type, {
      ...place,
      stackName,
      logicalId,
      text: (property) => {
        const value = resolve(asRecord(resource.Properties)[property]);
        return value === undefined ? undefined : asString(value, `${property} of ${logicalId}`);
      },
    });
    inProgress.delete(logicalId);
    if (!identity)
      throw unsupported(
        `${stackName} refers to ${logicalId} of type ${resource.Type}, which has no name here.`,
      );
    identities.set(logicalId, identity);
    return identity;
  };

  const ref = (name: string): unknown => {
    if (Object.hasOwn(pseudoParameters, name)) return pseudoParameters[name];
    if (template.Parameters && Object.hasOwn(template.Parameters, name)) return parameterValue(name);
    return identityOf(name).ref;
  };

  const attribute = (logicalId: string, name: string): unknown => {
    const value = identityOf(logicalId).attributes[name];
    if (value === undefined)
      throw unsupported(`${stackName} asks for ${logicalId}.${name}, which the local stack does not know.`);
    return value;
  };

  const getAtt = (argument: unknown): unknown => {
    const [logicalId = '', ...rest] = Array.isArray(argument)
      ? argument.map(String)
      : String(argument).split('.');
    return attribute(logicalId, rest.join('.'));
  };

  const substitute = (argument: unknown): string => {
    const [text, given] = Array.isArray(argument) ? argument : [argument, {}];
    const variables = asRecord(given);
    return asString(text, 'Fn::Sub').replaceAll(SUBSTITUTION, (_whole, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (Object.hasOwn(variables, name))
        return asString(resolve(variables[name]), `Fn::Sub variable ${name}`);
      return asString(name.includes('.') ? getAtt(name) : ref(name), `Fn::Sub of ${name}`);
    });
  };

  const list = (value: unknown, what: string): unknown[] => {
    const resolved = resolve(value);
    if (Array.isArray(resolved)) return resolved;
    throw unsupported(`${what} in ${stackName} needs a list.`);
  };

  const pair = (argument: unknown, what: string): [unknown, unknown] => {
    if (Array.isArray(argument) && argument.length >= 2) return [argument[0], argument[1]];
    throw unsupported(`${what} in ${stackName} needs two arguments.`);
  };

  const conditionHolds = (name: string): boolean => {
    const condition = template.Conditions?.[name];
    if (condition === undefined) throw unsupported(`${stackName} has no condition ${name}.`);
    return resolve(condition) === true;
  };

  const truthOf = (value: unknown): boolean => resolve(value) === true;

  const functions: Record<string, (argument: unknown) => unknown> = {
    Ref: (name) => ref(String(name)),
    'Fn::GetAtt': getAtt,
    'Fn::Sub': substitute,
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
    'Fn::ImportValue': (name) => deps.exportNamed(asString(resolve(name), 'Fn::ImportValue')),
    'Fn::GetStackOutput': (argument) => {
      const { StackName, OutputName } = asRecord(argument);
      return deps.outputOf(
        asString(resolve(StackName), 'StackName'),
        asString(resolve(OutputName), 'OutputName'),
      );
    },
    'Fn::FindInMap': (argument) => {
      const [map, first, second] = list(argument, 'Fn::FindInMap').map(String);
      return template.Mappings?.[map ?? '']?.[first ?? '']?.[second ?? ''];
    },
    'Fn::Base64': (value) => Buffer.from(asString(resolve(value), 'Fn::Base64')).toString('base64'),
    'Fn::If': (argument) => {
      const [name, yes, no] = Array.isArray(argument) ? argument : [];
      return resolve(conditionHolds(String(name)) ? yes : no);
    },
    'Fn::Equals': (argument) => {
      const [left, right] = pair(argument, 'Fn::Equals');
      return String(resolve(left)) === String(resolve(right));
    },
    'Fn::And': (argument) => Array.isArray(argument) && argument.every(truthOf),
    'Fn::Or': (argument) => Array.isArray(argument) && argument.some(truthOf),
    'Fn::Not': (argument) => Array.isArray(argument) && !truthOf(argument[0]),
    Condition: (name) => conditionHolds(String(name)),
  };

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
    return Object.fromEntries(
      Object.entries(record)
        .map(([property, value]): [string, unknown] => [property, resolve(value)])
        .filter(([, value]) => value !== undefined),
    );
  };

  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve).filter((item) => item !== undefined);
    if (!isRecord(value)) return value;
    const resolved = resolveRecord(value);
    return resolved === ABSENT ? undefined : resolved;
  };

  return { resolve, identityOf, conditionHolds };
};
