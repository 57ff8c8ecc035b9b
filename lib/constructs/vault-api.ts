import { Aws, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  ApiMapping,
  type CfnStage,
  DomainName,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  type HttpRoute,
  HttpStage,
  LogGroupLogDestination,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import { acknowledge } from '../iam/acknowledge.ts';
import { acknowledgeLogKey } from '../iam/acknowledge-rule.ts';
import { invokeArnOf, STAGE } from '../iam/invoke-arn.ts';
import type { FunctionName } from '../packaging/function-names.ts';
import type { VaultSettings } from '../settings/vault-settings.ts';
import { API_ROUTES, type ApiRoute, CALLBACK } from './api-routes.ts';

export interface VaultApiProps {
  readonly vaultName: string;
  readonly settings: VaultSettings;
  /** Encrypts the access log. */
  readonly serviceKey: IKey | undefined;
}

type RouteLimit = NonNullable<ApiRoute['limit']>;

/** A route with a separate limit. */
interface LimitedRoute {
  readonly route: ApiRoute;
  readonly limit: RouteLimit;
  readonly added: HttpRoute;
}

/**
 * Never a query string: it holds codes and states. None of these variables contains one. `error` and `errorType` say why the
 * gateway itself refused a request. `lambdaRequestId` is the request id in the lines of the function.
 */
const ACCESS_LOG_FORMAT = AccessLogFormat.custom(
  JSON.stringify({
    requestId: '$context.requestId',
    requestTime: '$context.requestTime',
    routeKey: '$context.routeKey',
    status: '$context.status',
    responseLatency: '$context.responseLatency',
    integrationStatus: '$context.integrationStatus',
    integrationError: '$context.integrationErrorMessage',
    error: '$context.error.message',
    errorType: '$context.error.responseType',
    lambdaRequestId: '$context.awsEndpointRequestId',
    sourceIp: '$context.identity.sourceIp',
    callerArn: '$context.identity.userArn',
  }),
);

/** The HTTP API (v2): two public routes for the browser, the rest signed with SigV4 and decided by IAM. */
export class VaultApi extends Construct {
  /** Scheme and host, without a trailing slash. */
  readonly url: string;
  /** Target for the DNS record of the custom domain. */
  readonly domainTarget: string | undefined;
  readonly apiId: string;
  private readonly domain: DomainName | undefined;
  private readonly api: HttpApi;
  private readonly vaultName: string;
  private readonly settings: VaultSettings;
  private readonly serviceKey: IKey | undefined;

  constructor(scope: Construct, id: string, { vaultName, settings, serviceKey }: VaultApiProps) {
    super(scope, id);
    this.serviceKey = serviceKey;
    this.vaultName = vaultName;
    this.settings = settings;
    this.domain = this.createDomain(settings);
    this.domainTarget = this.domain?.regionalDomainName;
    this.addRecord(settings.hostedZone);
    this.api = new HttpApi(this, 'Api', {
      apiName: vaultName,
      description: 'Adobe token vault',
      createDefaultStage: false,
      // A sign-in that starts under one host name cannot complete under another: the cookie belongs to the first.
      disableExecuteApiEndpoint: this.domain !== undefined,
    });
    this.apiId = this.api.apiId;
    this.url = this.domain === undefined ? this.api.apiEndpoint : `https://${this.domain.name}`;
  }

  /** Adds every route and the one stage. */
  serve(entranceOf: (name: FunctionName) => IFunction): void {
    const integrations = new Map<FunctionName, HttpLambdaIntegration>();
    const limited: LimitedRoute[] = [];
    const iam = new HttpIamAuthorizer();
    for (const route of API_ROUTES) {
      const integration =
        integrations.get(route.serves) ??
        new HttpLambdaIntegration(`${route.serves}-integration`, entranceOf(route.serves));
      integrations.set(route.serves, integration);
      const isPublic = route.access === 'public';
      const [added] = this.api.addRoutes({
        path: route.path,
        methods: [HttpMethod[route.method]],
        integration,
        authorizer: isPublic ? new HttpNoneAuthorizer() : iam,
      });
      const limit = isPublic ? this.publicLimit(route) : route.limit;
      if (limit !== undefined && added !== undefined) limited.push({ route, limit, added });
    }
    this.addStage(limited);
  }

  /** The ARN to grant `execute-api:Invoke` on. */
  invokeArn(route: ApiRoute, connections: string): string {
    return invokeArnOf(Stack.of(this), { apiId: this.api.apiId }, route, connections);
  }

  private createDomain({ domainName, certificateArn }: VaultSettings): DomainName | undefined {
    if (domainName === undefined || certificateArn === undefined) return undefined;
    return new DomainName(this, 'Domain', {
      domainName,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
      securityPolicy: SecurityPolicy.TLS_1_2,
    });
  }

  /** The trailing dot makes the name absolute: the CDK cannot see whether an unknown name ends in the zone's. */
  private addRecord(hostedZone: VaultSettings['hostedZone']): void {
    if (this.domain === undefined || hostedZone === undefined) return;
    const { name, regionalDomainName, regionalHostedZoneId } = this.domain;
    new ARecord(this, 'Record', {
      zone: HostedZone.fromHostedZoneAttributes(this, 'HostedZone', hostedZone),
      recordName: `${name}.`,
      target: RecordTarget.fromAlias(
        new ApiGatewayv2DomainProperties(regionalDomainName, regionalHostedZoneId),
      ),
    });
  }

  private publicLimit(route: ApiRoute): RouteLimit {
    const { publicRatePerSecond, publicBurst, callbackRatePerSecond, callbackBurst } =
      this.settings.throttling;
    return route === CALLBACK
      ? { ratePerSecond: callbackRatePerSecond, burst: callbackBurst }
      : { ratePerSecond: publicRatePerSecond, burst: publicBurst };
  }

  /**
   * API Gateway adds each log group to one policy of the account, which holds few entries, except for groups under this
   * prefix. The stack's id keeps the name different from that of a deleted vault, whose logs stay.
   */
  private get accessLogName(): string {
    const ownId = Fn.select(2, Fn.split('/', Aws.STACK_ID));
    return `/aws/vendedlogs/apigateway/${this.vaultName}-${ownId}`;
  }

  private addStage(limited: readonly LimitedRoute[]): void {
    const { ratePerSecond, burst } = this.settings.throttling;
    const logGroup = new LogGroup(this, 'AccessLogs', {
      logGroupName: this.accessLogName,
      retention: this.settings.logRetentionDays,
      ...(this.serviceKey !== undefined && { encryptionKey: this.serviceKey }),
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    if (this.serviceKey === undefined) acknowledgeLogKey(logGroup);
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: STAGE,
      autoDeploy: true,
      throttle: { rateLimit: ratePerSecond, burstLimit: burst },
      accessLogSettings: { destination: new LogGroupLogDestination(logGroup), format: ACCESS_LOG_FORMAT },
    });
    if (this.domain !== undefined) {
      new ApiMapping(this, 'DomainMapping', { api: this.api, domainName: this.domain, stage });
    }
    const cfnStage = stage.node.defaultChild as CfnStage;
    cfnStage.routeSettings = Object.fromEntries(
      limited.map(({ route, limit }) => [
        `${route.method} ${route.path}`,
        { ThrottlingRateLimit: limit.ratePerSecond, ThrottlingBurstLimit: limit.burst },
      ]),
    );
    for (const { route, added } of limited) {
      // The routes first: CloudFormation refuses settings of a route that does not exist yet.
      stage.node.addDependency(added);
      if (route.access === 'public') acknowledgePublic(added);
    }
  }
}

function acknowledgePublic(route: HttpRoute): void {
  acknowledge(
    route,
    'AwsSolutions-APIG4',
    'A browser calls this route without AWS credentials. The cookie and the state protect it.',
  );
}
