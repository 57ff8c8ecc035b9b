import { LocalStackError } from '../stack/local-stack-error.ts';

export type JsonRecord = Record<string, unknown>;

interface TemplateResource {
  Type: string;
  Properties?: JsonRecord;
  DependsOn?: string | string[];
  Condition?: string;
}

interface TemplateParameter {
  Type: string;
  Default?: unknown;
}

interface TemplateOutput {
  Value: unknown;
  Description?: string;
  Condition?: string;
  Export?: { Name: unknown };
}

/** The parts of a CloudFormation template that the local stack reads. */
export interface Template {
  Resources?: Record<string, TemplateResource>;
  Parameters?: Record<string, TemplateParameter>;
  Outputs?: Record<string, TemplateOutput>;
  Conditions?: Record<string, unknown>;
  Mappings?: Record<string, Record<string, JsonRecord>>;
  Transform?: unknown;
}

export interface StackTemplate {
  stackName: string;
  template: Template;
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asRecord(value: unknown): JsonRecord {
  return isRecord(value) ? value : {};
}

export function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

export function asString(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new LocalStackError(
    'TEMPLATE_UNSUPPORTED',
    `${what} must be a text, but the template gives ${typeof value}.`,
  );
}

export function optionalString(value: unknown, what: string): string | undefined {
  return value === undefined ? undefined : asString(value, what);
}

/** CloudFormation takes numbers as text too. */
export function optionalNumber(value: unknown, what: string): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value !== '' && Number.isFinite(number)) return number;
  throw new LocalStackError(
    'TEMPLATE_UNSUPPORTED',
    `${what} must be a number, but the template gives ${String(value)}.`,
  );
}

export function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}
