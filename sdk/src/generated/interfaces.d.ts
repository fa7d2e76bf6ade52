// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/// <reference path="./forge-api-handler.d.ts" />
/// <reference path="./forge-container-runtime.d.ts" />
/// <reference path="./forge-host-dirs.d.ts" />
/// <reference path="./forge-host-outbound.d.ts" />
/// <reference path="./forge-host-packages.d.ts" />
/// <reference path="./forge-host-streams.d.ts" />
/// <reference path="./forge-host-workloads.d.ts" />
/// <reference path="./forge-http-bodies.d.ts" />
/// <reference path="./forge-http-handler.d.ts" />
/// <reference path="./forge-http-types.d.ts" />
/// <reference path="./forge-kernel-call.d.ts" />
/// <reference path="./forge-kernel-clock.d.ts" />
/// <reference path="./forge-kernel-config.d.ts" />
/// <reference path="./forge-kernel-events.d.ts" />
/// <reference path="./forge-kernel-log.d.ts" />
/// <reference path="./forge-kernel-random.d.ts" />
/// <reference path="./forge-kernel-state.d.ts" />
/// <reference path="./forge-network-outbound.d.ts" />
/// <reference path="./forge-plugin-lifecycle.d.ts" />
/// <reference path="./forge-plugin-listener.d.ts" />
/// <reference path="./forge-security-authorizer.d.ts" />
/// <reference path="./forge-security-trust.d.ts" />
/// <reference path="./forge-storage-scratch.d.ts" />
/// <reference path="./forge-storage-volumes.d.ts" />
/// <reference path="./forge-types-errors.d.ts" />
/// <reference path="./forge-types-handles.d.ts" />
/// <reference path="./forge-types-identity.d.ts" />
/// <reference path="./wasi-cli-environment.d.ts" />
/// <reference path="./wasi-cli-exit.d.ts" />
/// <reference path="./wasi-cli-run.d.ts" />
/// <reference path="./wasi-cli-stderr.d.ts" />
/// <reference path="./wasi-cli-stdin.d.ts" />
/// <reference path="./wasi-cli-stdout.d.ts" />
/// <reference path="./wasi-cli-terminal-input.d.ts" />
/// <reference path="./wasi-cli-terminal-output.d.ts" />
/// <reference path="./wasi-cli-terminal-stderr.d.ts" />
/// <reference path="./wasi-cli-terminal-stdin.d.ts" />
/// <reference path="./wasi-cli-terminal-stdout.d.ts" />
/// <reference path="./wasi-clocks-monotonic-clock.d.ts" />
/// <reference path="./wasi-clocks-wall-clock.d.ts" />
/// <reference path="./wasi-filesystem-preopens.d.ts" />
/// <reference path="./wasi-filesystem-types.d.ts" />
/// <reference path="./wasi-io-error.d.ts" />
/// <reference path="./wasi-io-poll.d.ts" />
/// <reference path="./wasi-io-streams.d.ts" />
/// <reference path="./wasi-random-insecure-seed.d.ts" />
/// <reference path="./wasi-random-insecure.d.ts" />
/// <reference path="./wasi-random-random.d.ts" />
/// <reference path="./wasi-sockets-instance-network.d.ts" />
/// <reference path="./wasi-sockets-ip-name-lookup.d.ts" />
/// <reference path="./wasi-sockets-network.d.ts" />
/// <reference path="./wasi-sockets-tcp-create-socket.d.ts" />
/// <reference path="./wasi-sockets-tcp.d.ts" />
/// <reference path="./wasi-sockets-udp-create-socket.d.ts" />
/// <reference path="./wasi-sockets-udp.d.ts" />
/** Every interface of the ABI, by its WIT id, as a guest sees it. */
export interface ForgeInterfaces {
  'forge:api/handler@0.1.0': typeof import('forge:api/handler@0.1.0');
  'forge:container/runtime@0.1.0': typeof import('forge:container/runtime@0.1.0');
  'forge:host/dirs@0.1.0': typeof import('forge:host/dirs@0.1.0');
  'forge:host/outbound@0.1.0': typeof import('forge:host/outbound@0.1.0');
  'forge:host/packages@0.1.0': typeof import('forge:host/packages@0.1.0');
  'forge:host/streams@0.1.0': typeof import('forge:host/streams@0.1.0');
  'forge:host/workloads@0.1.0': typeof import('forge:host/workloads@0.1.0');
  'forge:http/bodies@0.1.0': typeof import('forge:http/bodies@0.1.0');
  'forge:http/handler@0.1.0': typeof import('forge:http/handler@0.1.0');
  'forge:http/types@0.1.0': typeof import('forge:http/types@0.1.0');
  'forge:kernel/call@0.1.0': typeof import('forge:kernel/call@0.1.0');
  'forge:kernel/clock@0.1.0': typeof import('forge:kernel/clock@0.1.0');
  'forge:kernel/config@0.1.0': typeof import('forge:kernel/config@0.1.0');
  'forge:kernel/events@0.1.0': typeof import('forge:kernel/events@0.1.0');
  'forge:kernel/log@0.1.0': typeof import('forge:kernel/log@0.1.0');
  'forge:kernel/random@0.1.0': typeof import('forge:kernel/random@0.1.0');
  'forge:kernel/state@0.1.0': typeof import('forge:kernel/state@0.1.0');
  'forge:network/outbound@0.1.0': typeof import('forge:network/outbound@0.1.0');
  'forge:plugin/lifecycle@0.1.0': typeof import('forge:plugin/lifecycle@0.1.0');
  'forge:plugin/listener@0.1.0': typeof import('forge:plugin/listener@0.1.0');
  'forge:security/authorizer@0.1.0': typeof import('forge:security/authorizer@0.1.0');
  'forge:security/trust@0.1.0': typeof import('forge:security/trust@0.1.0');
  'forge:storage/scratch@0.1.0': typeof import('forge:storage/scratch@0.1.0');
  'forge:storage/volumes@0.1.0': typeof import('forge:storage/volumes@0.1.0');
  'forge:types/errors@0.1.0': typeof import('forge:types/errors@0.1.0');
  'forge:types/handles@0.1.0': typeof import('forge:types/handles@0.1.0');
  'forge:types/identity@0.1.0': typeof import('forge:types/identity@0.1.0');
}
