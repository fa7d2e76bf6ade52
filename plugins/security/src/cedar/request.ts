/** One question to the authorizer: may this principal do this action to this resource, in this context? */
import { type EntityUid, readEntityUid } from './entity-uid.ts';
import { EvaluationError, invalid } from './errors.ts';
import { isObject, type RequestJson } from './json.ts';
import { CedarRecord } from './value.ts';
import { ValueReader } from './value-json.ts';
import { boundWork } from './work.ts';

export interface Request {
  readonly principal: EntityUid;
  readonly action: EntityUid;
  readonly resource: EntityUid;
  readonly context: CedarRecord;
}

/** Throws `CedarInputError` if any part is not what Cedar calls a request. */
export function readRequest(json: RequestJson): Request {
  if (!isObject(json)) throw invalid('a request must be an object');
  const { context } = json;
  if (!isObject(context)) throw invalid('the context of a request must be an object');
  return {
    principal: readEntityUid(json.principal, 'the principal of a request'),
    action: readEntityUid(json.action, 'the action of a request'),
    resource: readEntityUid(json.resource, 'the resource of a request'),
    context: boundWork('the context of a request', () => readContext(context)),
  };
}

function readContext(json: RequestJson['context']): CedarRecord {
  try {
    // As a value, so that an escape in the place of the context is seen and refused.
    const context = new ValueReader().read(json);
    if (context instanceof CedarRecord) return context;
  } catch (error) {
    throw error instanceof EvaluationError ? invalid(error.message) : error;
  }
  throw invalid('the context of a request must be a record');
}
