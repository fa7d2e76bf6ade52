/** What the kernel changes in the glue that jco writes, and why each change keeps its meaning. Part of the cache key by `CACHE_FORMAT`. */
import { Refusal } from '../errors.ts';

interface Edit {
  readonly what: string;
  readonly find: RegExp;
  readonly replace: string;
}

const EDITS: readonly Edit[] = [
  {
    // jco calls it at every step of every call, and it reads the environment each time: two thirds of a call's cost.
    what: 'the debug log',
    find: /const _debugLog = \(\.\.\.args\) => \{[\s\S]*?\n\s*\};/,
    replace: 'const _debugLog = () => {};',
  },
  {
    // The kernel always says where core modules come from; this default would need `import.meta`.
    what: 'the default loader',
    find: /if \(!getCoreModule\) getCoreModule = .*\n/,
    replace: '\n',
  },
  {
    // As a script, whose value is the function: V8 keeps the code of a script that has run, of a module only what it
    // compiled before it ran.
    what: 'the export of instantiate',
    find: /^export function instantiate\(/m,
    replace: 'function instantiate(',
  },
  { what: 'the export of _util', find: /export const _util = \{[\s\S]*\}\s*;?\s*$/, replace: 'instantiate;\n' },
];

/** The glue as a script that evaluates to jco's `instantiate`. Throws when jco writes something else than it did. */
export function editGlue(source: string): string {
  let edited = source;
  for (const { what, find, replace } of EDITS) {
    if (!find.test(edited)) throw new Refusal('unsupported', `the transpiler's glue has no place for ${what}; this version of it is not known`);
    edited = edited.replace(find, () => replace);
  }
  return edited;
}
