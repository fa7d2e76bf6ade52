/** Path of the addon, beside this file. */
export declare const addonPath: string;

/**
 * The exports of the addon. Their contract is `kernel/src/host/host.ts`; `kernel/src/host/native.ts`, the only module
 * that may call this, types them.
 * @throws what dlopen(3) says when it was not built or is for another machine.
 */
export declare function loadAddon(): unknown;
