import { LocalStackError } from '../stack/local-stack-error.ts';
import { type DeployedResource, type Deployment, refersTo, resourcesOfType } from './deployment.ts';
import { asRecord, isRecord, optionalNumber } from './template.ts';

export interface Throttle {
  rateLimit?: number;
  burstLimit?: number;
}

export interface HttpRoute {
  /** `GET /access-tokens/{connectionId}` or `$default`. */
  routeKey: string;
  authorization: 'NONE' | 'AWS_IAM';
  integrationId: string;
  functionArn: string;
  qualifier?: string;
  timeoutMs: number;
  throttle: Throttle;
}

export interface HttpApiDefinition {
  apiId: string;
  /** `https://<apiId>.execute-api.<region>.amazonaws.com` */
  endpoint: string;
  stackName: string;
  logicalId: string;
  stageName: string;
  routes: HttpRoute[];
  throttle: Throttle;
  accessLogFormat?: string;
}

const MAX_INTEGRATION_TIMEOUT_MS = 30_000;
const LAMBDA_ARN = /arn:[^:]+:lambda:[^:]+:\d+:function:[^:/]+(?::([^:/]+))?/;

function unsupported(message: string): LocalStackError {
  return new LocalStackError('TEMPLATE_UNSUPPORTED', message);
}

function throttleOf(settings: unknown): Throttle {
  const { ThrottlingRateLimit, ThrottlingBurstLimit } = asRecord(settings);
  const rateLimit = optionalNumber(ThrottlingRateLimit, 'ThrottlingRateLimit');
  const burstLimit = optionalNumber(ThrottlingBurstLimit, 'ThrottlingBurstLimit');
  return {
    ...(rateLimit === undefined ? {} : { rateLimit }),
    ...(burstLimit === undefined ? {} : { burstLimit }),
  };
}

function authorizationOf(route: DeployedResource): HttpRoute['authorization'] {
  const type = route.properties.AuthorizationType ?? 'NONE';
  if (type === 'NONE' || type === 'AWS_IAM') return type;
  throw unsupported(
    `${route.logicalId} authorises by ${String(type)}; only NONE and AWS_IAM routes run here.`,
  );
}

function integrationOf(deployment: Deployment, route: DeployedResource): DeployedResource {
  const id = String(route.properties.Target).replace(/^integrations\//, '');
  const integration = resourcesOfType(deployment, 'AWS::ApiGatewayV2::Integration').find((candidate) =>
    refersTo(candidate, id),
  );
  if (!integration)
    throw unsupported(`${route.logicalId} targets ${id}, which is no integration of this app.`);
  const { IntegrationType, PayloadFormatVersion } = integration.properties;
  if (IntegrationType !== 'AWS_PROXY' || PayloadFormatVersion !== '2.0') {
    throw unsupported(`${integration.logicalId} is not a Lambda proxy integration with payload format 2.0.`);
  }
  return integration;
}

function toRoute(deployment: Deployment, route: DeployedResource, stage: DeployedResource): HttpRoute {
  const integration = integrationOf(deployment, route);
  const uri = String(integration.properties.IntegrationUri);
  const [arn, qualifier] = LAMBDA_ARN.exec(uri) ?? [];
  if (arn === undefined)
    throw unsupported(`${integration.logicalId} calls ${uri}, which is no Lambda function.`);
  const routeKey = String(route.properties.RouteKey);
  const timeoutMs = optionalNumber(integration.properties.TimeoutInMillis, 'TimeoutInMillis');
  return {
    routeKey,
    authorization: authorizationOf(route),
    integrationId: integration.identity.ref,
    functionArn: qualifier === undefined ? arn : arn.slice(0, -qualifier.length - 1),
    ...(qualifier === undefined ? {} : { qualifier }),
    timeoutMs: Math.min(timeoutMs ?? MAX_INTEGRATION_TIMEOUT_MS, MAX_INTEGRATION_TIMEOUT_MS),
    throttle: throttleOf(asRecord(stage.properties.RouteSettings)[routeKey]),
  };
}

function stageOf(deployment: Deployment, api: DeployedResource): DeployedResource {
  const stages = resourcesOfType(deployment, 'AWS::ApiGatewayV2::Stage').filter(({ properties }) =>
    refersTo(api, String(properties.ApiId)),
  );
  const [stage, ...others] = stages;
  if (!stage || others.length > 0 || stage.properties.StageName !== '$default') {
    throw unsupported(`${api.logicalId} needs exactly one stage, named $default.`);
  }
  return stage;
}

function toHttpApi(deployment: Deployment, api: DeployedResource): HttpApiDefinition {
  if (api.properties.ProtocolType !== 'HTTP') throw unsupported(`${api.logicalId} is not an HTTP API.`);
  if (isRecord(api.properties.CorsConfiguration)) {
    throw unsupported(`${api.logicalId} configures CORS, which the local gateway does not do.`);
  }
  const stage = stageOf(deployment, api);
  const { Format } = asRecord(stage.properties.AccessLogSettings);
  return {
    apiId: api.identity.ref,
    endpoint: api.identity.attributes.ApiEndpoint ?? '',
    stackName: api.stackName,
    logicalId: api.logicalId,
    stageName: '$default',
    routes: resourcesOfType(deployment, 'AWS::ApiGatewayV2::Route')
      .filter(({ properties }) => refersTo(api, String(properties.ApiId)))
      .map((route) => toRoute(deployment, route, stage)),
    throttle: throttleOf(stage.properties.DefaultRouteSettings),
    ...(typeof Format === 'string' ? { accessLogFormat: Format } : {}),
  };
}

/** Every HTTP API of the deployment with its one stage. */
export function loadHttpApis(deployment: Deployment): HttpApiDefinition[] {
  return resourcesOfType(deployment, 'AWS::ApiGatewayV2::Api').map((api) => toHttpApi(deployment, api));
}
