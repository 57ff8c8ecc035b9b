import type { Authorizer } from '../aws/iam/authorizer.ts';
import type { IamDirectory } from '../aws/iam-directory.ts';
import { createSigV4Verifier } from '../aws/sigv4-verifier.ts';
import type { FunctionFleet } from '../functions/function-runtime.ts';
import type { Activity } from '../stack/activity.ts';
import type { AwsPlace } from '../stack/aws-place.ts';
import type { HttpApiDefinition } from '../template/load-http-api.ts';
import { createHttpGateway, type HttpGatewayDeps } from './http-gateway.ts';

export interface HttpGatewaysDeps {
  apis: HttpApiDefinition[];
  place: AwsPlace;
  directory: IamDirectory;
  authorizer: Authorizer;
  fleet: FunctionFleet;
  activity: Activity;
  portOf(part: string): number;
  nowMs(): number;
  onAnswer: HttpGatewayDeps['onAnswer'];
  onAccessLog(line: string): void;
  onProblem(sentence: string): void;
}

/** A gateway for every HTTP API of the app. */
export interface HttpGateways {
  /** The loopback URL of each, by its AWS endpoint. */
  start(): Promise<Record<string, string>>;
  stop(): Promise<void>;
}

export function createHttpGateways(deps: HttpGatewaysDeps): HttpGateways {
  const verifySignature = createSigV4Verifier(deps.directory, deps.nowMs);
  const gateways = deps.apis.map((api, index) => ({
    api,
    gateway: createHttpGateway({
      api,
      verifySignature,
      place: deps.place,
      authorizer: deps.authorizer,
      activity: deps.activity,
      nowMs: deps.nowMs,
      onAnswer: deps.onAnswer,
      onAccessLog: deps.onAccessLog,
      onProblem: deps.onProblem,
      functionByArn: deps.fleet.find,
      port: deps.portOf(index === 0 ? 'gateway' : `gateway:${api.stackName}`),
    }),
  }));

  return {
    start: async () =>
      Object.fromEntries(
        await Promise.all(gateways.map(async ({ api, gateway }) => [api.endpoint, await gateway.start()])),
      ),
    stop: async () => {
      await Promise.all(gateways.map(({ gateway }) => gateway.stop()));
    },
  };
}
