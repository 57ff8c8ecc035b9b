import { afterAll, describe, expect, inject, it } from 'vitest';
import { asArray, asObject, readTemplate } from '../support/synth/template.ts';
import { createVaultBench, templateOf } from '../support/synth/vault-bench.ts';

const template = readTemplate(inject('cdkOut'), 'AdobeTokenVault');
const stage = template.one('AWS::ApiGatewayV2::Stage').properties;
const bench = await createVaultBench();

afterAll(() => bench.dispose());

describe('the routes', () => {
  it('are public for the browser and signed for every other caller', () => {
    const routes = template
      .ofType('AWS::ApiGatewayV2::Route')
      .map(({ properties }) => `${properties.RouteKey} ${properties.AuthorizationType}`);

    expect(routes.sort()).toEqual([
      'DELETE /access-tokens/{connectionId} AWS_IAM',
      'DELETE /connections/{connectionId} AWS_IAM',
      'GET /access-tokens/{connectionId} AWS_IAM',
      'GET /authorize NONE',
      'GET /callback NONE',
      'GET /connections AWS_IAM',
      'GET /connections/{connectionId} AWS_IAM',
      'POST /connections/{connectionId}/consents AWS_IAM',
      'POST /connections/{connectionId}/consents/redeem AWS_IAM',
      'POST /connections/{connectionId}/rotations AWS_IAM',
      'POST /imports AWS_IAM',
      'POST /sign-ins/redeem AWS_IAM',
      'POST /subjects/erase AWS_IAM',
    ]);
  });

  it('each reach their function with payload format 2.0', () => {
    for (const { properties } of template.ofType('AWS::ApiGatewayV2::Integration')) {
      expect(properties).toMatchObject({ IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0' });
    }
  });
});

describe('the stage', () => {
  it('is throttled, and the public routes more than the others', () => {
    expect(stage.StageName).toBe('$default');
    expect(stage.DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 });
    expect(stage.RouteSettings).toEqual({
      'GET /authorize': { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 },
      'GET /callback': { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 20 },
      'POST /imports': { ThrottlingRateLimit: 2, ThrottlingBurstLimit: 4 },
    });
  });

  it('is deployed after the routes whose settings it names', () => {
    const named = Object.keys(asObject(stage.RouteSettings));
    const routes = template
      .ofType('AWS::ApiGatewayV2::Route')
      .filter(({ properties }) => named.includes(String(properties.RouteKey)));

    expect(routes).toHaveLength(3);
    const { dependsOn } = template.one('AWS::ApiGatewayV2::Stage');
    for (const { logicalId } of routes) expect(dependsOn).toContain(logicalId);
  });

  it('logs every request as JSON without anything that could hold a query string', () => {
    const { Format } = asObject(stage.AccessLogSettings);
    const variables = Object.values(JSON.parse(String(Format)) as Record<string, string>);

    // $context.path has no query, but routeKey says the same without the id; the others here hold none by definition.
    const harmless = [
      '$context.requestId',
      '$context.requestTime',
      '$context.routeKey',
      '$context.status',
      '$context.responseLatency',
      '$context.integrationStatus',
      '$context.integrationErrorMessage',
      '$context.error.message',
      '$context.error.responseType',
      '$context.awsEndpointRequestId',
      '$context.identity.sourceIp',
      '$context.identity.userArn',
    ];
    expect(variables.toSorted()).toEqual(harmless.toSorted());
  });
});

describe('a custom domain', () => {
  const certificateArn =
    'arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-1234567890ab';
  const own = templateOf(bench.vaultStack({ domainName: 'vault.example.test', certificateArn }));

  it('is the only host name, so that a sign-in ends on the host of its cookie', () => {
    expect(own.one('AWS::ApiGatewayV2::Api').properties.DisableExecuteApiEndpoint).toBe(true);
    expect(own.one('AWS::ApiGatewayV2::DomainName').properties).toMatchObject({
      DomainName: 'vault.example.test',
      DomainNameConfigurations: [{ CertificateArn: certificateArn, SecurityPolicy: 'TLS_1_2' }],
    });
    expect(own.ofType('AWS::ApiGatewayV2::ApiMapping')).toHaveLength(1);
  });

  it('appears in the outputs, with the target of its DNS record', () => {
    const value = (name: string) => own.text(asObject(own.outputs[name]).Value);

    expect(value('CallbackUrl')).toBe('https://<VaultHttpApiDomain>/callback');
    expect(value('AuthorizeUrl')).toBe('https://<VaultHttpApiDomain>/authorize');
    expect(value('DomainTarget')).toBe('<VaultHttpApiDomain.RegionalDomainName>');
  });
});

describe('the outputs', () => {
  it('say what to register at Adobe, where to store the secret, and where to call', () => {
    expect(asArray(Object.keys(template.outputs))).toEqual(
      expect.arrayContaining(['ApiUrl', 'AuthorizeUrl', 'CallbackUrl', 'ClientSecretName']),
    );
    expect(template.text(asObject(template.outputs.CallbackUrl).Value)).toBe(
      '<VaultHttpApi.ApiEndpoint>/callback',
    );
  });
});
