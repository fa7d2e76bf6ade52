/** `forge:host/packages`: what is in the store (call path step 7). */
import { RIGHT } from '../host/host.ts';
import type { HostImportContext } from './host-imports.ts';

const INTERFACE = 'forge:host/packages';

export function packagesImports({ slot, gate, services }: HostImportContext) {
  return {
    resolve(digest: string) {
      gate.ask(slot, INTERFACE, { action: 'package.resolve', resource: { kind: 'Package', name: digest }, rights: RIGHT.read, consented: false });
      const { name, version, containers } = services.resolvePackage(digest);
      return { digest, name, version, containers };
    },
  };
}
