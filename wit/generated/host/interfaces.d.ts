// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** Every interface of the ABI, by its WIT id, as the kernel and jco's glue see it. */
export interface ForgeInterfaces {
  'forge:api/handler@0.1.0': typeof import('./forge-api-handler.d.ts');
  'forge:container/runtime@0.1.0': typeof import('./forge-container-runtime.d.ts');
  'forge:host/dirs@0.1.0': typeof import('./forge-host-dirs.d.ts');
  'forge:host/outbound@0.1.0': typeof import('./forge-host-outbound.d.ts');
  'forge:host/packages@0.1.0': typeof import('./forge-host-packages.d.ts');
  'forge:host/streams@0.1.0': typeof import('./forge-host-streams.d.ts');
  'forge:host/workloads@0.1.0': typeof import('./forge-host-workloads.d.ts');
  'forge:http/bodies@0.1.0': typeof import('./forge-http-bodies.d.ts');
  'forge:http/handler@0.1.0': typeof import('./forge-http-handler.d.ts');
  'forge:http/types@0.1.0': typeof import('./forge-http-types.d.ts');
  'forge:kernel/call@0.1.0': typeof import('./forge-kernel-call.d.ts');
  'forge:kernel/clock@0.1.0': typeof import('./forge-kernel-clock.d.ts');
  'forge:kernel/config@0.1.0': typeof import('./forge-kernel-config.d.ts');
  'forge:kernel/events@0.1.0': typeof import('./forge-kernel-events.d.ts');
  'forge:kernel/log@0.1.0': typeof import('./forge-kernel-log.d.ts');
  'forge:kernel/random@0.1.0': typeof import('./forge-kernel-random.d.ts');
  'forge:kernel/state@0.1.0': typeof import('./forge-kernel-state.d.ts');
  'forge:network/outbound@0.1.0': typeof import('./forge-network-outbound.d.ts');
  'forge:plugin/lifecycle@0.1.0': typeof import('./forge-plugin-lifecycle.d.ts');
  'forge:plugin/listener@0.1.0': typeof import('./forge-plugin-listener.d.ts');
  'forge:security/authorizer@0.1.0': typeof import('./forge-security-authorizer.d.ts');
  'forge:security/trust@0.1.0': typeof import('./forge-security-trust.d.ts');
  'forge:storage/scratch@0.1.0': typeof import('./forge-storage-scratch.d.ts');
  'forge:storage/volumes@0.1.0': typeof import('./forge-storage-volumes.d.ts');
  'forge:types/errors@0.1.0': typeof import('./forge-types-errors.d.ts');
  'forge:types/handles@0.1.0': typeof import('./forge-types-handles.d.ts');
  'forge:types/identity@0.1.0': typeof import('./forge-types-identity.d.ts');
}
