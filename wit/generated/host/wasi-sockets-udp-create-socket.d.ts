// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface wasi:sockets/udp-create-socket@0.2.12 **/
export function createUdpSocket(addressFamily: IpAddressFamily): UdpSocket;
export type Network = import('./wasi-sockets-network.d.ts').Network;
export type ErrorCode = import('./wasi-sockets-network.d.ts').ErrorCode;
export type IpAddressFamily = import('./wasi-sockets-network.d.ts').IpAddressFamily;
export type UdpSocket = import('./wasi-sockets-udp.d.ts').UdpSocket;
