/** Finds the route of a request (call path step 4). What does not fit is answered with what would. */

import type { Request, Response } from 'forge:api/handler@0.1.0';
import { refuse } from '@forgeone/sdk';

export interface Route {
  readonly method: string;
  /** Segments; `{name}` takes any one. */
  readonly path: string;
  readonly handle: (request: Request, parameters: readonly string[]) => Response;
}

/** Longest segment that can name anything: `sha256:` and its digits. */
const SEGMENT_MAX = 128;

/** The `{...}` segments of `path` in order, or undefined when it is another route's. */
function match(route: string, path: string): string[] | undefined {
  const wanted = route.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const parameters: string[] = [];
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? '';
    if (segment.startsWith('{') && value !== '' && value.length <= SEGMENT_MAX) parameters.push(value);
    else if (segment !== value) return undefined;
  }
  return parameters;
}

export function dispatch(routes: readonly Route[], request: Request): Response {
  const matching = routes.flatMap((route) => {
    const parameters = match(route.path, request.path);
    return parameters ? [{ route, parameters }] : [];
  });
  const found = matching.find(({ route }) => route.method === request.method);
  if (found) return found.route.handle(request, found.parameters);
  const where = request.path.slice(0, 200);
  if (matching.length === 0) throw refuse.notFound('there is no such route', { where, hint: `routes are ${[...new Set(routes.map(({ path }) => path))].join(', ')}` });
  return methodNotAllowed(
    where,
    request.method,
    matching.map(({ route }) => route.method),
  );
}

/** The error table has no case for it, so the problem document (RFC 9457) is made here. */
function methodNotAllowed(where: string, method: string, allowed: readonly string[]): Response {
  const problem = {
    type: 'about:blank',
    title: 'Method Not Allowed',
    status: 405,
    code: 'invalid',
    detail: `${method.slice(0, 16)} does not fit this route`,
    where,
    hint: `use ${allowed.join(' or ')}`,
  };
  return { status: 405, body: { tag: 'json', val: JSON.stringify(problem) } };
}
