/** The kernel for embedders: boot, install. Light parts are in `@forgeone/kernel/client`. */
import type { StoredPackage } from './domain/kernel-services.ts';
import { openNativeHost } from './host/native.ts';
import { type InstallOptions, install } from './loader/install.ts';

export type { StoredPackage } from './domain/kernel-services.ts';
export { type Kernel, type KernelOptions, openKernel } from './kernel.ts';
export { type InstallOptions, recordBuilt } from './loader/install.ts';

/** Verifies, adapts, transpiles and caches a package; the second time it only looks. Throws a Refusal with all problems. */
export const installPackage = (file: string, options: InstallOptions): Promise<StoredPackage> => install(file, { ...options, sha256: openNativeHost().sha256 });
