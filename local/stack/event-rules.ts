import type { PublishedEvent } from '../aws/event-bridge-service.ts';
import { type Deployment, resourcesOfType } from './deployment.ts';
import { compileEventPattern } from './event-pattern.ts';
import { isInvocationPermitted } from './lambda-permission.ts';
import type { FunctionDefinition } from './load-functions.ts';
import { LocalStackError } from './local-stack-error.ts';
import { asArray, asRecord, isRecord } from './template.ts';

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
    const functionArns = asArray(properties.Targets).map((target) => {
      const { Arn, Input, InputPath, InputTransformer } = asRecord(target);
      if (String(Arn).split(':')[2] === 'lambda' && !Input && !InputPath && !InputTransformer)
        return String(Arn);
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
