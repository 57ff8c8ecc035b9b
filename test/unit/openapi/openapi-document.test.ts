import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { MAX_IMPORT_LINES } from '../../../client/contract.ts';
import { problem } from '../../../functions/adapters/http/problem.ts';
import { STATE_RULES } from '../../../functions/core/connection/connection-states.ts';
import { API_ROUTES } from '../../../lib/constructs/api-routes.ts';
import project from '../../../package.json' with { type: 'json' };
import {
  OPENAPI_FILE,
  type OpenApiResponse,
  readOpenApiDocument,
} from '../../support/openapi/openapi-document.ts';

const { document, operations, faultsOf } = readOpenApiDocument();

const answers = operations.flatMap(({ route, responses }) =>
  Object.entries(responses).map(([status, response]): [string, string, OpenApiResponse] => [
    route,
    status,
    response,
  ]),
);

describe('docs/openapi.yaml', () => {
  it('is a valid OpenAPI 3.1 document, of the version of the package', async () => {
    const { valid, errors } = await new Validator().validate(OPENAPI_FILE);
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
    expect(document).toMatchObject({ openapi: '3.1.0', info: { version: project.version } });
  });

  it('names the routes that are deployed, and no other, with who may call them', () => {
    const documented = operations.map(({ route, security }) => `${route} ${security ? 'public' : 'iam'}`);
    const deployed = API_ROUTES.map(({ method, path, access }) => `${method} ${path} ${access}`);
    expect(documented.sort()).toEqual(deployed.sort());
  });

  it('gives every operation a name of its own', () => {
    const names = operations.map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
  });

  it('says for every signed route that IAM may refuse, and for every route that it is throttled', () => {
    for (const { route, security, responses } of operations) {
      expect(Object.keys(responses), route).toContain('429');
      if (security === undefined) expect(Object.keys(responses), route).toContain('403');
    }
  });

  it.each(answers)('%s %s: its examples are as its schema says', (_route, _status, { content = {} }) => {
    for (const { schema, example, examples = {} } of Object.values(content)) {
      const given = [example, ...Object.values(examples).map(({ value }) => value)];
      for (const value of given.filter((one) => one !== undefined))
        expect(faultsOf(schema, value)).toBeUndefined();
    }
  });

  it('gives examples of JSON bodies that are as their schemas say', () => {
    const bodies = operations.flatMap(({ requestBody }) => Object.entries(requestBody?.content ?? {}));
    const json = bodies.filter(([type]) => type === 'application/json');
    expect(json.length).toBeGreaterThan(3);
    for (const [, { schema, example }] of json) expect(faultsOf(schema, example)).toBeUndefined();
    const lines = bodies
      .filter(([type]) => type === 'application/x-ndjson')
      .map(([, { example }]) => example);
    const line = { $ref: '#/components/schemas/ImportLineRequest' };
    for (const text of String(lines).trim().split('\n'))
      expect(faultsOf(line, JSON.parse(text))).toBeUndefined();
  });

  it('gives each problem code the status and title that the vault answers it with', () => {
    const examples = answers.flatMap(([, status, { content }]) => {
      const { example } = content?.['application/problem+json'] ?? {};
      return example === undefined ? [] : [{ status: Number(status), example: example as ProblemExample }];
    });
    expect(examples.length).toBeGreaterThan(20);
    for (const { status, example } of examples) {
      const { statusCode, body } = problem(example.code);
      expect(status).toBe(statusCode);
      expect(example).toMatchObject(JSON.parse(body));
    }
  });

  it('speaks of the states and limits that the code has', () => {
    const { ConnectionState, ImportResponse } = document.components.schemas ?? {};
    expect(ConnectionState).toEqual({ enum: Object.keys(STATE_RULES) });
    expect(ImportResponse).toMatchObject({ properties: { results: { maxItems: MAX_IMPORT_LINES } } });
  });
});

type ProblemExample = { readonly code: Parameters<typeof problem>[0] };
