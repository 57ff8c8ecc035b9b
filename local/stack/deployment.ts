import type { AwsPlace } from './aws-place.ts';
import type { AssemblyStack, CloudAssembly } from './cloud-assembly.ts';
import { LocalStackError } from './local-stack-error.ts';
import { createIntrinsicResolver, type IntrinsicResolver } from './resolve-intrinsics.ts';
import type { ResourceIdentity } from './resource-identity.ts';
import { assertKnownType, isIgnoredType } from './resource-kinds.ts';
import { asRecord, asString, type JsonRecord } from './template.ts';

/** A resource as CloudFormation would create it: properties resolved, name and ARN known. */
export interface DeployedResource {
  stackName: string;
  logicalId: string;
  type: string;
  properties: JsonRecord;
  identity: ResourceIdentity;
}

interface DeployedStack {
  stackName: string;
  outputs: Record<string, string>;
  assetPaths: Map<string, string>;
}

export interface Deployment {
  place: AwsPlace;
  resources: DeployedResource[];
  stacks: DeployedStack[];
}

export interface DeploymentOptions {
  place: AwsPlace;
  parameters?: Record<string, string>;
}

const noIdentity: ResourceIdentity = { ref: '', attributes: {} };

/** Resolves every stack of the assembly as if all of them had been deployed. */
export function planDeployment(assembly: CloudAssembly, options: DeploymentOptions): Deployment {
  const { place, parameters = {} } = options;
  const resolvers = new Map<string, IntrinsicResolver>();

  const outputOf = (stackName: string, outputName: string): unknown => {
    const stack = assembly.stacks.find((candidate) => candidate.stackName === stackName);
    const output = stack?.template.Outputs?.[outputName];
    if (!stack || !output) {
      throw new LocalStackError(
        'TEMPLATE_UNSUPPORTED',
        `No stack ${stackName} with an output ${outputName} was synthesised.`,
      );
    }
    return resolverOf(stack).resolve(output.Value);
  };

  const exportNamed = (name: string): unknown => {
    for (const stack of assembly.stacks) {
      for (const output of Object.values(stack.template.Outputs ?? {})) {
        if (output.Export && resolverOf(stack).resolve(output.Export.Name) === name) {
          return resolverOf(stack).resolve(output.Value);
        }
      }
    }
    throw new LocalStackError(
      'TEMPLATE_UNSUPPORTED',
      `A stack imports ${name}, which no synthesised stack exports.`,
    );
  };

  const resolverOf = (stack: AssemblyStack): IntrinsicResolver => {
    const known = resolvers.get(stack.stackName);
    if (known) return known;
    const created = createIntrinsicResolver({ stack, place, parameters, exportNamed, outputOf });
    resolvers.set(stack.stackName, created);
    return created;
  };

  const resourcesOf = (stack: AssemblyStack): DeployedResource[] => {
    const { stackName, template } = stack;
    const resolver = resolverOf(stack);
    if (template.Transform !== undefined) {
      throw new LocalStackError(
        'TEMPLATE_UNSUPPORTED',
        `${stackName} uses a template transform, which only AWS can run.`,
      );
    }
    return Object.entries(template.Resources ?? {}).flatMap(([logicalId, resource]): DeployedResource[] => {
      const { Type: type, Properties, Condition } = resource;
      if (Condition !== undefined && !resolver.conditionHolds(Condition)) return [];
      assertKnownType(type, logicalId, stackName);
      if (isIgnoredType(type)) return [{ stackName, logicalId, type, properties: {}, identity: noIdentity }];
      const properties = asRecord(resolver.resolve(Properties ?? {}));
      return [{ stackName, logicalId, type, properties, identity: resolver.identityOf(logicalId) }];
    });
  };

  const outputsOf = (stack: AssemblyStack): Record<string, string> => {
    const resolver = resolverOf(stack);
    const entries = Object.entries(stack.template.Outputs ?? {})
      .filter(([, output]) => output.Condition === undefined || resolver.conditionHolds(output.Condition))
      .map(([name, output]) => [name, asString(resolver.resolve(output.Value), `output ${name}`)]);
    return Object.fromEntries(entries);
  };

  return {
    place,
    resources: assembly.stacks.flatMap(resourcesOf),
    stacks: assembly.stacks.map((stack) => ({
      stackName: stack.stackName,
      outputs: outputsOf(stack),
      assetPaths: stack.assetPaths,
    })),
  };
}

export function resourcesOfType(deployment: Deployment, type: string): DeployedResource[] {
  return deployment.resources.filter((resource) => resource.type === type);
}

/** Resources whose `Ref` or `Arn` is the given text: properties refer to each other in both ways. */
export function refersTo(resource: DeployedResource, reference: string): boolean {
  return resource.identity.ref === reference || resource.identity.attributes.Arn === reference;
}
