import { Script } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { editGlue } from '../../../kernel/src/loader/glue.ts';

const GLUE = `"use components";
export function instantiate(getCoreModule, imports, instantiateCore = WebAssembly.instantiate) {
  const _debugLog = (...args) => {
    if (!globalThis?.process?.env?.JCO_DEBUG) { return; }
    console.debug(...args);
  };
if (!getCoreModule) getCoreModule = (name) => fetchCompile(new URL(\`./\${name}\`, import.meta.url));
  _debugLog('x');
  return 7;
}
export const _util = {
  
}
`;

describe('what the kernel changes in the glue', () => {
  test('makes it a script whose value is instantiate', () => {
    const instantiate = new Script(editGlue(GLUE)).runInThisContext() as (core: unknown, imports: object) => number;
    expect(instantiate(undefined, {})).toBe(7);
  });

  test('leaves no way to the environment, the console or other files', () => {
    expect(editGlue(GLUE)).not.toMatch(/process|console|import\.meta|fetchCompile/);
  });

  test('refuses glue that it does not know', () => {
    for (const line of ['_debugLog = (...args)', 'if (!getCoreModule)', 'export function instantiate', 'export const _util']) {
      expect(() => editGlue(GLUE.replace(line, `/* ${line} */ nothing`)), line).toThrow(/this version of it is not known/);
    }
  });
});
