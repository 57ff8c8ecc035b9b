import { perTenant, TokenVaultStack } from 'adobe-token-vault';
import { RemovalPolicies, Stack, Tags } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { ContainerImage, FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import {
  Group,
  type IGrantable,
  ManagedPolicy,
  PermissionsBoundary,
  Role,
  ServicePrincipal,
  User,
} from 'aws-cdk-lib/aws-iam';
import {
  Code,
  DockerImageCode,
  DockerImageFunction,
  Function as LambdaFunction,
  Runtime,
  SingletonFunction,
} from 'aws-cdk-lib/aws-lambda';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { DefinitionBody, Pass, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { ACME, type Case, functionIn, HERE, SETTINGS, vaultIn } from './pieces.ts';

/** A vault, and a grant to what the stack gets. */
function to(callerIn: (stack: Stack) => IGrantable): Case {
  return (app) => {
    const photos = new Stack(app, 'Photos', { env: HERE });
    vaultIn(photos).grantAccessTokens(callerIn(photos), ACME);
  };
}

const TENANTS = Array.from({ length: 120 }, (_, n) => `tenant${n}.*`);

/** To whom a vault may be granted, and what settings may hold. */
export const INPUTS = {
  'a grant to a role': to(
    (stack) => new Role(stack, 'Consumer', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
  ),
  'a grant to a user': to((stack) => new User(stack, 'Consumer')),
  'a grant to a group': to((stack) => new Group(stack, 'Consumer')),
  'a grant to an alias': to((stack) => functionIn(stack).addAlias('live')),
  'a grant to a version': to((stack) => functionIn(stack).currentVersion),
  'a grant to a singleton function': to(
    (stack) =>
      new SingletonFunction(stack, 'Consumer', {
        uuid: 'consumer',
        lambdaPurpose: 'Consumer',
        runtime: Runtime.NODEJS_22_X,
        handler: 'index.handler',
        code: Code.fromInline('exports.handler = async () => {};'),
      }),
  ),
  'a grant to a function of an image': to(
    (stack) =>
      new DockerImageFunction(stack, 'Consumer', {
        code: DockerImageCode.fromEcr(Repository.fromRepositoryName(stack, 'Images', 'images')),
      }),
  ),
  'a grant to the role of a task': to((stack) => {
    const task = new FargateTaskDefinition(stack, 'Consumer');
    task.addContainer('App', { image: ContainerImage.fromRegistry('app') });
    return task.taskRole;
  }),
  'a grant to a state machine': to(
    (stack) =>
      new StateMachine(stack, 'Consumer', {
        definitionBody: DefinitionBody.fromChainable(new Pass(stack, 'Nothing')),
      }),
  ),
  'a grant to an imported role that keeps its policies': to((stack) =>
    Role.fromRoleArn(stack, 'Consumer', `arn:aws:iam::${HERE.account}:role/task`, { mutable: false }),
  ),
  'a grant to an imported function': to((stack) =>
    LambdaFunction.fromFunctionName(stack, 'Consumer', 'reader'),
  ),
  'a grant to nothing': to(
    (stack) => LambdaFunction.fromFunctionName(stack, 'Reader', 'reader').role as never,
  ),
  'the same grant twice': (app) => {
    const photos = new Stack(app, 'Photos');
    const consumer = functionIn(photos);
    const vault = vaultIn(photos);
    for (let times = 0; times < 2; times += 1) vault.grantAccessTokens(consumer, ACME);
  },
  'a grant over 120 tenants': (app) => {
    const photos = new Stack(app, 'Photos');
    vaultIn(photos).grantAccessTokens(functionIn(photos), { connections: TENANTS });
  },
  'a role for another account over 120 tenants': (app) => {
    vaultIn(new Stack(app, 'Photos', { env: HERE })).accessRoleFor('444455556666', { connections: TENANTS });
  },
  'a grant over the tenant of each call': (app) => {
    const photos = new Stack(app, 'Photos');
    vaultIn(photos).grantAccessTokens(functionIn(photos), { connections: perTenant() });
  },
  'a pattern that is known only at deployment': (app) => {
    const photos = new Stack(app, 'Photos');
    const tenant = StringParameter.valueForStringParameter(photos, '/tenant');
    vaultIn(photos).grantAccessTokens(functionIn(photos), { connections: `${tenant}.*` });
  },
  'settings that are known only at deployment': (app) => {
    const photos = new Stack(app, 'Photos');
    const hostedZone = new HostedZone(photos, 'Zone', { zoneName: 'example.org' });
    const { certificateArn } = new Certificate(photos, 'Certificate', {
      domainName: 'vault.example.org',
      validation: CertificateValidation.fromDns(hostedZone),
    });
    vaultIn(photos, 'Vault', {
      clientId: StringParameter.valueForStringParameter(photos, '/adobe/client-id'),
      returnUrls: [`${new HttpApi(photos, 'App').url}back`],
      domainName: 'vault.example.org',
      certificateArn,
      hostedZone,
      alarmTopicArn: new Topic(photos, 'OnCall').topicArn,
    }).grantAccessTokens(functionIn(photos), ACME);
  },
  'settings that the CDK looks up': (app) => {
    const photos = new Stack(app, 'Photos', { env: HERE });
    const lookUp = (name: string) => StringParameter.valueFromLookup(photos, name);
    vaultIn(photos, 'Vault', {
      returnUrls: [`${lookUp('/app')}/back`],
      domainName: 'vault.example.org',
      certificateArn: lookUp('/certificate'),
      hostedZone: HostedZone.fromLookup(photos, 'Zone', { domainName: 'example.org' }),
    }).grantAccessTokens(functionIn(photos), ACME);
  },
  'a boundary, tags and a removal policy on everything': (app) => {
    const photos = new Stack(app, 'Photos');
    vaultIn(photos).grantAccessTokens(functionIn(photos), ACME);
    const boundary = ManagedPolicy.fromManagedPolicyName(photos, 'Boundary', 'boundary');
    PermissionsBoundary.of(app).apply(boundary);
    Tags.of(app).add('cost-center', '42');
    RemovalPolicies.of(app).retain();
  },
  'a stack with the longest name': (app) => {
    const stackName = 'My-Company-PHOTOS-eu-west-1-'.repeat(5).slice(0, 127).concat('x');
    vaultIn(new Stack(app, 'Photos', { stackName }), 'Tresör').grantAccessTokens(
      functionIn(new Stack(app, 'Team')),
      ACME,
    );
  },
  'a stack of its own': (app) => {
    new TokenVaultStack(app, 'Adobe', { settings: SETTINGS, terminationProtection: true });
  },
} satisfies Readonly<Record<string, Case>>;
