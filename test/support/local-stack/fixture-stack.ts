import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CfnStage,
  HttpApi,
  HttpMethod,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Code, Function as LambdaFunctionConstruct, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnSchedule, ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

const ACCESS_LOG = JSON.stringify({
  id: '$context.requestId',
  route: '$context.routeKey',
  status: '$context.status',
});

export class FixtureStack extends Stack {
  readonly table: Table;
  readonly key: Key;
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, { codePath }: { codePath: string }) {
    super(scope, id);
    const code = Code.fromAsset(codePath);
    const deadLetters = new Queue(this, 'DeadLetters');
    this.key = new Key(this, 'Key', { alias: 'alias/fixture', removalPolicy: RemovalPolicy.DESTROY });
    this.table = new Table(this, 'NotesTable', {
      partitionKey: { name: 'noteId', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'ttlEpochSeconds',
    });
    this.table.addGlobalSecondaryIndex({
      indexName: 'due',
      partitionKey: { name: 'shard', type: AttributeType.NUMBER },
      sortKey: { name: 'dueAt', type: AttributeType.NUMBER },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    const emptySecret = new CfnSecret(this, 'EmptySecret', { description: 'filled by the operator' });
    const generated = new Secret(this, 'GeneratedSecret');
    const group = new ScheduleGroup(this, 'Group', { scheduleGroupName: `${id}-alarms` });

    const lambda = (name: string, environment: Record<string, string>, timeout = Duration.seconds(3)) => {
      const role = new Role(this, `${name}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
      const logging = ['logs:CreateLogStream', 'logs:PutLogEvents'];
      role.addToPolicy(new PolicyStatement({ actions: logging, resources: ['*'] }));
      return new LambdaFunctionConstruct(this, name, {
        runtime: Runtime.NODEJS_24_X,
        handler: `index.${name.toLowerCase()}`,
        code,
        role,
        timeout,
        environment,
      });
    };
    const allow = (
      fn: LambdaFunctionConstruct,
      action: string,
      resource: string,
      conditions?: Record<string, unknown>,
    ) =>
      fn.addToRolePolicy(
        new PolicyStatement({
          actions: [action],
          resources: [resource],
          ...(conditions ? { conditions } : {}),
        }),
      );

    const heartbeat = lambda('Heartbeat', { TABLE_NAME: this.table.tableName });
    allow(heartbeat, 'dynamodb:UpdateItem', this.table.tableArn);

    const schedulerRole = new Role(this, 'SchedulerRole', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com'),
      inlinePolicies: {
        invoke: new PolicyDocument({
          statements: [
            new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [heartbeat.functionArn] }),
            new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }),
          ],
        }),
      },
    });
    new CfnSchedule(this, 'Hourly', {
      groupName: group.scheduleGroupName,
      scheduleExpression: 'rate(1 hour)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: heartbeat.functionArn,
        roleArn: schedulerRole.roleArn,
        input: '{}',
        deadLetterConfig: { arn: deadLetters.queueArn },
      },
    });

    const worker = lambda('Worker', {
      GROUP_NAME: group.scheduleGroupName,
      HEARTBEAT_ARN: heartbeat.functionArn,
      SCHEDULER_ROLE_ARN: schedulerRole.roleArn,
    });
    allow(
      worker,
      'scheduler:CreateSchedule',
      `arn:aws:scheduler:${this.region}:${this.account}:schedule/${id}-alarms/*`,
    );
    allow(worker, 'iam:PassRole', schedulerRole.roleArn, {
      StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
    });
    allow(worker, 'secretsmanager:GetSecretValue', emptySecret.ref);
    allow(worker, 'secretsmanager:GetSecretValue', generated.secretArn);
    allow(worker, 'events:PutEvents', `arn:aws:events:${this.region}:${this.account}:event-bus/default`);
    const live = worker.addAlias('live');
    live.configureAsyncInvoke({ retryAttempts: 1, onFailure: new SqsDestination(deadLetters) });
    new Rule(this, 'OnKept', {
      eventPattern: { source: ['fixture'], detailType: ['Kept'], detail: { kept: [true] } },
      targets: [new LambdaFunction(heartbeat)],
    });

    const notes = lambda(
      'Notes',
      { TABLE_NAME: this.table.tableName, KEY_ARN: this.key.keyArn, WORKER_ARN: live.functionArn },
      Duration.seconds(10),
    );
    allow(notes, 'dynamodb:PutItem', this.table.tableArn);
    allow(notes, 'kms:GenerateDataKey', this.key.keyArn);
    allow(notes, 'lambda:InvokeFunction', live.functionArn);
    const echo = lambda('Echo', { APP_URL: 'https://app.example.com/return', SECRET_ARN: emptySecret.ref });

    this.api = new HttpApi(this, 'Api', { createDefaultStage: false });
    const [publicRoute] = this.api.addRoutes({
      path: '/echo',
      methods: [HttpMethod.GET],
      integration: new HttpLambdaIntegration('Echo', echo),
    });
    this.api.addRoutes({
      path: '/notes/{noteId}',
      methods: [HttpMethod.PUT],
      integration: new HttpLambdaIntegration('Notes', notes),
      authorizer: new HttpIamAuthorizer(),
    });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: 100, burstLimit: 200 },
      accessLogSettings: {
        destination: new LogGroupLogDestination(new LogGroup(this, 'AccessLog')),
        format: AccessLogFormat.custom(ACCESS_LOG),
      },
    });
    if (stage.node.defaultChild instanceof CfnStage && publicRoute) {
      stage.node.defaultChild.routeSettings = {
        'GET /echo': { ThrottlingRateLimit: 1, ThrottlingBurstLimit: 20 },
      };
      stage.node.addDependency(publicRoute);
    }
    this.exportValue(this.api.apiEndpoint, { name: 'FixtureApiUrl' });
  }
}
