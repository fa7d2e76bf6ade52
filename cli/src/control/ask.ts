/** One request to the control API; an error answer becomes the refusal it is (call path step 2). */
import type { ApiRequest, ApiResponse, ControlClient } from '@forgeone/kernel/client';
import { Refusal } from '@forgeone/kernel/errors';
import { refusalOfAnswer } from '../failure.ts';

export async function ask(client: ControlClient, request: ApiRequest): Promise<ApiResponse> {
  const response = await client.request(request);
  if (response.status < 400) return response;
  throw refusalOfAnswer(response.status, response.json);
}

/** Somebody else's words in a path: `/` and `..` in them would name another resource. */
export function pathPart(word: string): string {
  if (word !== '' && word !== '.' && word !== '..' && !/[\0/\\]/.test(word)) return word;
  throw new Refusal('invalid', `${JSON.stringify(word)} is no name or id`, { hint: 'forge ps -a lists them' });
}
