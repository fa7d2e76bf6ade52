/** The kernel for embedders: boot, install. Light parts are in `@forgeone/kernel/client`. */
export { type Kernel, type KernelOptions, openKernel } from './kernel.ts';
export { installPackage, type InstallOptions } from './loader/install.ts';
export type { StoredPackage } from './domain/kernel-services.ts';
