import {
  CloudFormationClient,
  type CloudFormationClientConfig,
  DescribeStacksCommand,
  type Output,
  paginateDescribeStacks,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';

export interface DeployedStack {
  /** Such as `UPDATE_COMPLETE`. */
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Whether CloudFormation refuses to delete the stack. */
  readonly terminationProtection: boolean | undefined;
}

/** `undefined` when there is no stack of that name here. Throws the SDK's own errors. */
export type ReadStack = (stackName: string) => Promise<DeployedStack | undefined>;

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html */
export function createStackReader(config: CloudFormationClientConfig): ReadStack {
  const client = new CloudFormationClient(config);
  return async (stackName) => {
    try {
      const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
      const [stack] = Stacks;
      return (
        stack && {
          status: stack.StackStatus ?? 'UNKNOWN',
          outputs: outputsOf(stack.Outputs),
          terminationProtection: stack.EnableTerminationProtection,
        }
      );
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };
}

/** The outputs of all stacks in the Region, by the stack's name. Needs `cloudformation:DescribeStacks` on all of them. */
export type ListOutputs = () => Promise<ReadonlyMap<string, DeployedStack['outputs']>>;

export function createOutputsLister(config: CloudFormationClientConfig): ListOutputs {
  const client = new CloudFormationClient(config);
  return async () => {
    const found = new Map<string, DeployedStack['outputs']>();
    for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {})) {
      for (const { StackName = '', Outputs } of Stacks) found.set(StackName, outputsOf(Outputs));
    }
    return found;
  };
}

/** The physical ids of a stack's resources of one type, with those of its nested stacks. Throws the SDK's own errors. */
export type ListResources = (stackName: string, type: string) => Promise<readonly string[]>;

const NESTED = 'AWS::CloudFormation::Stack';

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html */
export function createResourceLister(config: CloudFormationClientConfig): ListResources {
  const client = new CloudFormationClient(config);
  return async (stackName, type) => {
    const found: string[] = [];
    const stacks = [stackName];
    for (const StackName of stacks) {
      for await (const page of paginateListStackResources({ client }, { StackName })) {
        for (const { ResourceType, PhysicalResourceId } of page.StackResourceSummaries ?? []) {
          if (PhysicalResourceId === undefined) continue;
          if (ResourceType === NESTED) stacks.push(PhysicalResourceId);
          if (ResourceType === type) found.push(PhysicalResourceId);
        }
      }
    }
    return found;
  };
}

function outputsOf(outputs: readonly Output[] = []) {
  return Object.fromEntries(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
}

/** CloudFormation has no separate error for this. */
const isMissing = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message);
