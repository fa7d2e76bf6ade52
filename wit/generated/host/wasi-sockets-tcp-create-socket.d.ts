// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface wasi:sockets/tcp-create-socket@0.2.12 **/
export function createTcpSocket(addressFamily: IpAddressFamily): TcpSocket;
export type Network = import('./wasi-sockets-network.d.ts').Network;
export type ErrorCode = import('./wasi-sockets-network.d.ts').ErrorCode;
export type IpAddressFamily = import('./wasi-sockets-network.d.ts').IpAddressFamily;
export type TcpSocket = import('./wasi-sockets-tcp.d.ts').TcpSocket;
