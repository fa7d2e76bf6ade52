/** The greeter as a component, against the SDK's fake host. */
/// <reference path="../generated/interfaces.d.ts" />
import { createHarness, type Harness, Refusal } from '@forgeone/sdk/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const GREETINGS = 'acme:greeter/greetings@0.1.0';

describe('the greeter', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await createHarness({ projectDir: new URL('..', import.meta.url).pathname });
    harness.start();
  });

  it('asks for its own state and nothing of the machine', () => {
    expect(harness.imports.filter((id) => !id.startsWith('forge:types/'))).toEqual(['forge:kernel/log@0.1.0', 'forge:kernel/state@0.1.0']);
  });

  it('greets, and knows whom it greeted before, also after a restart', () => {
    expect(harness.call(GREETINGS).greet('Ada')).toEqual({ text: 'Hello, Ada!', before: 0 });
    expect(harness.call(GREETINGS).greet(' Ada ')).toEqual({ text: 'Hello again, Ada!', before: 1 });
    harness.restart();
    expect(harness.call(GREETINGS).greet('Ada')).toEqual({ text: 'Hello again, Ada!', before: 2 });
    expect(harness.call(GREETINGS).greet('Grace').before).toBe(0);
  });

  it.each(['', '   ', 'x'.repeat(65)])('refuses %j', (name) => {
    expect(() => harness.call(GREETINGS).greet(name)).toThrow(Refusal);
    expect(() => harness.call(GREETINGS).greet(name)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});
