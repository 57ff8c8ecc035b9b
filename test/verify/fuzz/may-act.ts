import { type FuzzRequest, headersOf, targetOf } from './fuzz-request.ts';
import { type Attempt, cookieNameIn, type Material } from './material.ts';

/**
 * Whether a request may have an effect, judged by the request alone and never by the product: when in doubt it may not,
 * except for signed calls, where the doubt is about IAM and not about this product.
 */
export function mayAct(request: FuzzRequest, material: Material): boolean {
  if (provenAttempt(request, material) !== undefined) return true;
  return request.signing === 'right' && mayActSigned(request, material);
}

/** The attempt whose state and cookie are both in a request to the callback, each of them once. */
export function provenAttempt(request: FuzzRequest, { attempts, finished }: Material): Attempt | undefined {
  const target = targetOf(request);
  const at = target.indexOf('?');
  const [state, ...doubled] = new URLSearchParams(at < 0 ? '' : target.slice(at + 1)).getAll('state');
  if (state === undefined || doubled.length > 0) return undefined;
  const cookies = headersOf(request)
    .filter(([name]) => name.toLowerCase() === 'cookie')
    .flatMap(([, value]) => value.split(';'))
    .map((pair) => pair.trim());
  return [...attempts, ...finished].find((attempt) => {
    const name = cookieNameIn(attempt.cookie);
    const [sent, ...more] = cookies.filter((pair) => cookieNameIn(pair) === name);
    return attempt.state === state && more.length === 0 && sent !== undefined && isSame(sent, attempt.cookie);
  });
}

/** Blanks around name and value belong to neither (RFC 6265 §5.2). */
const isSame = (sent: string, kept: string): boolean => sent.replace(/\s*=\s*/, '=') === kept;

function mayActSigned(request: FuzzRequest, material: Material): boolean {
  const path = decoded(request.path);
  const { connectionIds, importedIds } = material;
  const isKnown =
    connectionIds.some((id) => path.includes(id)) || path.split('/').some((one) => importedIds.includes(one));
  switch (request.method) {
    case 'GET':
      return path.includes('access-tokens') && isKnown;
    case 'DELETE':
      return isKnown;
    case 'POST':
      return path.includes('rotations')
        ? isKnown
        : mayActPosted(path, unescaped(request.body?.toString('utf8') ?? ''), request, material);
    default:
      return false;
  }
}

function mayActPosted(path: string, body: string, request: FuzzRequest, material: Material): boolean {
  const { codes, usedCodes, subjects, returnUrl } = material;
  if (path.includes('redeem')) return [...codes, ...usedCodes].some(({ code }) => body.includes(code));
  // Imports bring in connections of whoever a hostile line names.
  if (path.includes('erase')) return subjects.some((sub) => body.includes(sub)) || !body.includes('nobody');
  if (path.includes('imports')) return body.includes('"refreshToken"') && !mayBeDryRun(request);
  return body.includes(`"${returnUrl}"`);
}

/** Whether a token is asked for of a connection that is there by an import alone. */
export function vendsImported(
  { method, path }: FuzzRequest,
  { connectionIds, importedIds }: Material,
): boolean {
  const [, route, id = ''] = decoded(path).split('/');
  return (
    method === 'GET' && route === 'access-tokens' && importedIds.includes(id) && !connectionIds.includes(id)
  );
}

/** Only a plain `false`, or no word of it, lets an import be more than a rehearsal. */
function mayBeDryRun(request: FuzzRequest): boolean {
  const query = new URLSearchParams(targetOf(request).split('?').slice(1).join('?'));
  return query.getAll('dry_run').some((value) => value !== 'false');
}

/** As often as anything on the way decodes it. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(decodeURIComponent(path));
  } catch {
    return path;
  }
}

/** JSON may write any character as `\uXXXX`, and a slash with a backslash. */
const unescaped = (text: string): string =>
  text
    .replaceAll(/\\u([0-9a-fA-F]{4})/g, (_whole, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
    .replaceAll('\\/', '/');
