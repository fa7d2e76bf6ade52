// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface wasi:sockets/ip-name-lookup@0.2.12 **/
export function resolveAddresses(network: Network, name: string): ResolveAddressStream;
export type Pollable = import('./wasi-io-poll.d.ts').Pollable;
export type Network = import('./wasi-sockets-network.d.ts').Network;
export type ErrorCode = import('./wasi-sockets-network.d.ts').ErrorCode;
export type IpAddress = import('./wasi-sockets-network.d.ts').IpAddress;

export class ResolveAddressStream {
  /**
   * This type does not have a public constructor.
   */
  private constructor();
  resolveNextAddress(): IpAddress | undefined;
  subscribe(): Pollable;
}
