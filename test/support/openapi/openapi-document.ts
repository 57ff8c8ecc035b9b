import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

export const OPENAPI_FILE = fileURLToPath(new URL('../../../docs/openapi.yaml', import.meta.url));

/** The document as far as the tests read it. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface Operation {
  readonly route: string;
  readonly operationId: string;
  readonly security?: readonly object[];
  /** By status, resolved. */
  readonly responses: Readonly<Record<string, OpenApiResponse>>;
  readonly requestBody?: OpenApiResponse;
}

export interface OpenApiResponse {
  readonly description?: string;
  readonly headers?: Readonly<Record<string, { readonly required?: boolean; readonly schema?: object }>>;
  readonly content?: Readonly<Record<string, MediaType>>;
}

interface MediaType {
  readonly schema: object;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const ID = 'vault';
/** Keywords of OpenAPI that a JSON Schema validator need not know. */
const OPENAPI_KEYWORDS = ['openapi', 'info', 'servers', 'tags', 'security', 'paths', 'components', 'example'];

export function readOpenApiDocument() {
  const document: OpenApiDocument = parse(readFileSync(OPENAPI_FILE, 'utf8'));
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
  ajv.addVocabulary(OPENAPI_KEYWORDS);
  ajv.addFormat('uri', { type: 'string', validate: (text) => URL.canParse(text) });
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
  ajv.addSchema({ $id: ID, ...document });
  const validators = new Map<string, ValidateFunction>();

  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => method in item).map((method) =>
      operationOf(document, path, method, item[method] as RawOperation),
    ),
  );
  return {
    document,
    operations,
    /** Why the value is not as the schema says; undefined when it is. */
    faultsOf(schema: object, value: unknown): string | undefined {
      const key = JSON.stringify(schema);
      const validate = validators.get(key) ?? ajv.compile(JSON.parse(key.replaceAll('"#/', `"${ID}#/`)));
      validators.set(key, validate);
      return validate(value) ? undefined : ajv.errorsText(validate.errors);
    },
  };
}

type RawOperation = Omit<Operation, 'route'>;

function operationOf(document: OpenApiDocument, path: string, method: string, raw: RawOperation): Operation {
  const responses = Object.fromEntries(
    Object.entries(raw.responses).map(([status, response]) => [status, resolvedResponse(document, response)]),
  );
  const { requestBody } = raw;
  return {
    ...raw,
    route: `${method.toUpperCase()} ${path}`,
    responses,
    ...(requestBody && { requestBody: resolved(document, requestBody) }),
  };
}

function resolvedResponse(document: OpenApiDocument, response: OpenApiResponse): OpenApiResponse {
  const { headers, ...rest } = resolved(document, response);
  if (headers === undefined) return rest;
  const each = Object.entries(headers).map(([name, header]) => [name, resolved(document, header)]);
  return { ...rest, headers: Object.fromEntries(each) };
}

/** Follows one reference into `components`. */
function resolved<Part extends object>(document: OpenApiDocument, part: Part): Part {
  const [, kind, name] = /^#\/components\/(\w+)\/(\w+)$/.exec(String(Reflect.get(part, '$ref'))) ?? [];
  if (kind === undefined || name === undefined) return part;
  const found = document.components[kind]?.[name];
  if (found === undefined) throw new Error(`The document has no ${kind}/${name}.`);
  return found as Part;
}
