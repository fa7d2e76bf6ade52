/** Writes the module that connects definePlugin's object to the static exports a component needs. */
import { camelCase, type WitInterface } from '../wit/parse.ts';
import { AUTHOR_MODULE } from './bundle.ts';

export interface PluginEntryOptions {
  readonly provides: readonly WitInterface[];
  readonly lifecycle: WitInterface;
  readonly listener: WitInterface | undefined;
}

const functionNames = (item: WitInterface): string[] => item.functions.map((fn) => camelCase(fn.name));

export function pluginEntry({ provides, lifecycle, listener }: PluginEntryOptions): string {
  const exported = [...provides, lifecycle, ...(listener ? [listener] : [])];
  const expected = { provides: Object.fromEntries(provides.map((item) => [item.id, functionNames(item)])), listener: listener !== undefined };
  return [
    `import definition from ${JSON.stringify(AUTHOR_MODULE)};`,
    `import { checkDefinition } from './guest/check-definition.ts';`,
    `import { wire } from './guest/wire.ts';`,
    `checkDefinition(definition, ${JSON.stringify(expected)});`,
    ...exported.map((item) => `export const ${camelCase(item.name)} = wire(definition, ${JSON.stringify(item.id)}, ${JSON.stringify(functionNames(item))});`),
    '',
  ].join('\n');
}
