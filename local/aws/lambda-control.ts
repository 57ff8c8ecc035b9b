import type { AwsAnswer } from './aws-call.ts';
import type { FunctionRef } from './lambda-async-invocations.ts';
import { AwsServiceError, restAnswer } from './protocols.ts';

/** What an operator sees of a function, and may change about it. */
export interface FunctionControl {
  readonly roleArn: string;
  readonly variables: Record<string, string>;
  readonly logGroup?: string;
  readonly versions: {
    all(): readonly string[];
    behind(qualifier: string): string;
    moveAlias(alias: string, version: string): void;
  };
  reservedConcurrency(): number | undefined;
  reserveConcurrency(count: number | undefined): void;
}

/** An operation on one function, with what its path names. */
export interface ControlRequest {
  readonly operation: string;
  readonly functionName: string;
  readonly alias?: string;
}

interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly operation: string;
}

const OF_FUNCTION = String.raw`^/20\d\d-\d\d-\d\d/functions/(?<functionName>[^/]+)`;

/** @see https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html */
const ROUTES: readonly Route[] = [
  route('GET', '/configuration$', 'GetFunctionConfiguration'),
  route('GET', '/versions$', 'ListVersionsByFunction'),
  route('GET', '/aliases/(?<alias>[^/]+)$', 'GetAlias'),
  route('PUT', '/aliases/(?<alias>[^/]+)$', 'UpdateAlias'),
  route('GET', '/concurrency$', 'GetFunctionConcurrency'),
  route('PUT', '/concurrency$', 'PutFunctionConcurrency'),
  route('DELETE', '/concurrency$', 'DeleteFunctionConcurrency'),
];

function route(method: string, rest: string, operation: string): Route {
  return { method, path: new RegExp(`${OF_FUNCTION}${rest}`), operation };
}

export function controlRequest(
  { method, path }: { method: string; path: string },
  nameOf: (reference: string) => string,
): ControlRequest | undefined {
  const { pathname } = new URL(path, 'http://lambda');
  for (const { method: wanted, path: pattern, operation } of ROUTES) {
    const found = method === wanted ? pattern.exec(pathname) : null;
    if (!found?.groups) continue;
    const { functionName = '', alias } = found.groups;
    return {
      operation,
      functionName: nameOf(decodeURIComponent(functionName)),
      ...(alias !== undefined && { alias: decodeURIComponent(alias) }),
    };
  }
  return undefined;
}

interface Named {
  readonly control: FunctionControl;
  readonly request: ControlRequest;
  readonly arnOf: (ref: FunctionRef) => string;
  readonly body: { readonly FunctionVersion?: string; readonly ReservedConcurrentExecutions?: number };
}

export function answerControl(named: Named): AwsAnswer {
  const answer = ANSWERS[named.request.operation];
  if (!answer) throw new AwsServiceError('UnknownOperationException', named.request.operation);
  return answer(named);
}

const ANSWERS: Readonly<Record<string, (named: Named) => AwsAnswer>> = {
  GetFunctionConfiguration: ({ control, request: { functionName }, arnOf }) =>
    restAnswer({
      FunctionName: functionName,
      FunctionArn: arnOf({ functionName, qualifier: undefined }),
      Role: control.roleArn,
      State: 'Active',
      LastUpdateStatus: 'Successful',
      Environment: { Variables: control.variables },
      ...(control.logGroup !== undefined && {
        LoggingConfig: { LogFormat: 'Text', LogGroup: control.logGroup },
      }),
    }),
  ListVersionsByFunction: ({ control, request: { functionName } }) =>
    restAnswer({
      Versions: ['$LATEST', ...control.versions.all()].map((Version) => ({
        FunctionName: functionName,
        Version,
      })),
    }),
  GetAlias: aliasAnswer,
  UpdateAlias: (named) => {
    const { control, request, body } = named;
    const { FunctionVersion = '' } = body;
    if (!control.versions.all().includes(FunctionVersion)) {
      throw new AwsServiceError(
        'ResourceNotFoundException',
        `Function not found: version ${FunctionVersion}`,
      );
    }
    control.versions.moveAlias(request.alias ?? '', FunctionVersion);
    return aliasAnswer(named);
  },
  GetFunctionConcurrency: concurrencyAnswer,
  PutFunctionConcurrency: (named) => {
    named.control.reserveConcurrency(named.body.ReservedConcurrentExecutions);
    return concurrencyAnswer(named);
  },
  DeleteFunctionConcurrency: ({ control }) => {
    control.reserveConcurrency(undefined);
    return { status: 204 };
  },
};

function aliasAnswer({ control, request: { functionName, alias = '' }, arnOf }: Named): AwsAnswer {
  return restAnswer({
    AliasArn: arnOf({ functionName, qualifier: alias }),
    Name: alias,
    FunctionVersion: control.versions.behind(alias),
  });
}

function concurrencyAnswer({ control }: Named): AwsAnswer {
  const reserved = control.reservedConcurrency();
  return restAnswer(reserved === undefined ? {} : { ReservedConcurrentExecutions: reserved });
}
