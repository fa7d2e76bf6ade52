/** Makes WebAssembly binaries byte by byte, good and hostile. */

export function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return bytes;
}

export function text(value: string): number[] {
  const bytes = [...new TextEncoder().encode(value)];
  return [...leb(bytes.length), ...bytes];
}

export function vec(...items: readonly (readonly number[])[]): number[] {
  return [...leb(items.length), ...items.flat()];
}

export function section(id: number, body: readonly number[]): number[] {
  return [id, ...leb(body.length), ...body];
}

const MAGIC = [0x00, 0x61, 0x73, 0x6d];

export function coreModule(...sections: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...MAGIC, 1, 0, 0, 0, ...sections.flat()]);
}

export function componentOf(...sections: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...MAGIC, 0x0d, 0, 1, 0, ...sections.flat()]);
}

/** A valid component that imports and exports empty instances under these names. */
export function component({ imports = [], exports = [] }: { imports?: readonly string[]; exports?: readonly string[] }): Uint8Array {
  const instanceType = section(7, vec([0x42, 0x00]));
  const emptyInstance = section(5, vec([0x01, 0x00]));
  return componentOf(
    instanceType,
    ...imports.map((name) => section(10, vec([0x00, ...text(name), 0x05, 0x00]))),
    emptyInstance,
    ...exports.map((name) => section(11, vec([0x00, ...text(name), 0x05, ...leb(imports.length), 0x00]))),
  );
}

export const COMMAND = component({ imports: ['wasi:cli/stdout@0.2.6'], exports: ['wasi:cli/run@0.2.6'] });
export const PLUGIN = component({ exports: ['forge:plugin/lifecycle@0.1.0', 'forge:storage/volumes@0.1.0'] });
