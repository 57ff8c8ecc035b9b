import { isInvocationPermitted } from '../functions/lambda-permission.ts';
import { LocalStackError } from '../stack/local-stack-error.ts';
import { type Deployment, resourcesOfType } from '../template/deployment.ts';
import type { FunctionDefinition } from '../template/load-functions.ts';
import { asArray, asRecord, isRecord, type JsonRecord } from '../template/template.ts';
import type { PublishedEvent } from './event-bridge-service.ts';

export interface EventRule {
  ruleArn: string;
  busName: string;
  matches(event: object): boolean;
  functionArns: string[];
}

export function loadEventRules(deployment: Deployment): EventRule[] {
  return resourcesOfType(deployment, 'AWS::Events::Rule').map(({ logicalId, properties, identity }) => {
    if (!isRecord(properties.EventPattern) || properties.ScheduleExpression !== undefined) {
      throw new LocalStackError(
        'TEMPLATE_UNSUPPORTED',
        `${logicalId} is not a rule on events; use EventBridge Scheduler for time.`,
      );
    }
    const functionArns = asArray(properties.Targets).flatMap((target) => {
      const { Arn, Input, InputPath, InputTransformer } = asRecord(target);
      const service = String(Arn).split(':')[2];
      // Topics have no subscribers here.
      if (service === 'sns') return [];
      if (service === 'lambda' && !Input && !InputPath && !InputTransformer) return [String(Arn)];
      throw new LocalStackError(
        'TEMPLATE_UNSUPPORTED',
        `${logicalId} has a target that is not a Lambda function taking the whole event.`,
      );
    });
    return {
      ruleArn: identity.attributes.Arn ?? '',
      busName: String(properties.EventBusName ?? 'default').replace(/^arn:.*:event-bus\//, ''),
      matches: compileEventPattern(properties.EventPattern),
      functionArns: properties.State === 'DISABLED' ? [] : functionArns,
    };
  });
}

export interface EventRouterDeps {
  rules: EventRule[];
  functionByArn(arn: string): FunctionDefinition | undefined;
  invokeAsync(functionArn: string, payload: string): void;
  onProblem(sentence: string): void;
}

/** Hands every published event to the functions whose rules match it. */
export function createEventRouter(deps: EventRouterDeps): (event: PublishedEvent) => void {
  return ({ eventBusName, ...event }) => {
    for (const rule of deps.rules.filter(
      ({ busName, matches }) => busName === eventBusName && matches(event),
    )) {
      for (const resourceArn of rule.functionArns) {
        const definition = deps.functionByArn(resourceArn);
        const invocation = { service: 'events.amazonaws.com', resourceArn, sourceArn: rule.ruleArn };
        if (definition && isInvocationPermitted(definition, invocation)) {
          deps.invokeAsync(resourceArn, JSON.stringify(event));
        } else {
          deps.onProblem(`${rule.ruleArn} has no permission to invoke ${resourceArn}.`);
        }
      }
    }
  };
}

type Matcher = (value: unknown) => boolean;

function textTest(test: (text: string) => boolean): Matcher {
  return (value) => typeof value === 'string' && test(value);
}

function matcherOf(rule: unknown): Matcher {
  if (!isRecord(rule)) return (value) => value === rule;
  const { prefix, suffix, exists } = rule;
  const anythingBut = rule['anything-but'];
  if (typeof prefix === 'string') return textTest((text) => text.startsWith(prefix));
  if (typeof suffix === 'string') return textTest((text) => text.endsWith(suffix));
  if (typeof exists === 'boolean') return (value) => (value !== undefined) === exists;
  if (anythingBut !== undefined) {
    const excluded = Array.isArray(anythingBut) ? anythingBut : [anythingBut];
    if (!excluded.some(isRecord)) return (value) => value !== undefined && !excluded.includes(value);
  }
  throw new LocalStackError(
    'TEMPLATE_UNSUPPORTED',
    `An event pattern uses ${Object.keys(rule).join(', ')}, which does not run here.`,
  );
}

/**
 * Compiles an EventBridge event pattern: lists of allowed values under the names of the event, nested as in the event.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 */
export function compileEventPattern(pattern: JsonRecord): (event: object) => boolean {
  const tests = Object.entries(pattern).map(([name, rule]): ((event: JsonRecord) => boolean) => {
    if (isRecord(rule)) {
      const matchesInside = compileEventPattern(rule);
      return (event) => matchesInside(isRecord(event[name]) ? event[name] : {});
    }
    const matchers = (Array.isArray(rule) ? rule : [rule]).map(matcherOf);
    return (event) => {
      const values = Array.isArray(event[name]) ? event[name] : [event[name]];
      return values.some((value) => matchers.some((matches) => matches(value)));
    };
  });
  return (event) => tests.every((test) => test(event as JsonRecord));
}
