import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';

interface FixtureConsumerProps {
  codePath: string;
  table: Table;
  key: Key;
  api: HttpApi;
}

/** A second stack that may read one tenant's notes and call the API for them. */
export class FixtureConsumerStack extends Stack {
  constructor(scope: Construct, id: string, { codePath, table, key, api }: FixtureConsumerProps) {
    super(scope, id);
    const role = new Role(this, 'ConsumerRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    const logging = ['logs:CreateLogStream', 'logs:PutLogEvents'];
    role.addToPolicy(new PolicyStatement({ actions: logging, resources: ['*'] }));
    const consumer = new LambdaFunction(this, 'Consumer', {
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.consumer',
      code: Code.fromAsset(codePath),
      role,
      environment: { TABLE_NAME: table.tableName, API_URL: api.apiEndpoint },
    });
    const statements = [
      new PolicyStatement({
        actions: ['dynamodb:GetItem'],
        resources: [table.tableArn],
        conditions: {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['acme.*'] },
          Null: { 'dynamodb:LeadingKeys': 'false' },
        },
      }),
      new PolicyStatement({
        actions: ['kms:Decrypt'],
        resources: [key.keyArn],
        conditions: { StringLike: { 'kms:EncryptionContext:note': 'acme.*' } },
      }),
      new PolicyStatement({
        actions: ['execute-api:Invoke'],
        resources: [
          `arn:aws:execute-api:${this.region}:${this.account}:${api.apiId}/$default/PUT/notes/acme.*`,
        ],
      }),
    ];
    for (const statement of statements) consumer.addToRolePolicy(statement);
    new CfnOutput(this, 'ConsumerApiUrl', { value: api.apiEndpoint });
  }
}
