import { LocalStackError } from './local-stack-error.ts';
import { asRecord, asString } from './template.ts';

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
export function createIntrinsicFunctions(scope: IntrinsicScope): IntrinsicFunctions {
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
