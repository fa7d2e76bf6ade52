/**
 * `wasi:sockets`, closed (data plane beside step 8): linked so that programs load which import it and may never use it.
 *
 * No socket can be made and no name looked up: both answer `access-denied`. The methods of sockets exist because the
 * glue looks for them, and cannot be reached without a socket.
 */
import { WitError } from './error-code.ts';
import { type Guest, KIND, Resource } from './guest.ts';
import { makeDroppable, wrap } from './lifted.ts';

const SETTINGS_OF_BOTH = ['receiveBufferSize', 'setReceiveBufferSize', 'sendBufferSize', 'setSendBufferSize'] as const;
const METHODS_OF_BOTH = ['startBind', 'finishBind', 'localAddress', 'remoteAddress', 'addressFamily', 'subscribe'] as const;

const METHODS = {
  TcpSocket: [
    ...METHODS_OF_BOTH,
    ...SETTINGS_OF_BOTH,
    ...['startConnect', 'finishConnect', 'startListen', 'finishListen', 'accept', 'isListening', 'setListenBacklogSize', 'shutdown'],
    ...['keepAliveEnabled', 'setKeepAliveEnabled', 'keepAliveIdleTime', 'setKeepAliveIdleTime', 'keepAliveInterval'],
    ...['setKeepAliveInterval', 'keepAliveCount', 'setKeepAliveCount', 'hopLimit', 'setHopLimit'],
  ],
  UdpSocket: [...METHODS_OF_BOTH, ...SETTINGS_OF_BOTH, 'stream', 'unicastHopLimit', 'setUnicastHopLimit'],
  IncomingDatagramStream: ['receive', 'subscribe'],
  OutgoingDatagramStream: ['checkSend', 'send', 'subscribe'],
  ResolveAddressStream: ['resolveNextAddress', 'subscribe'],
} as const satisfies Record<string, readonly string[]>;

class Network extends Resource {
  readonly kind = KIND.network;
}

export function createSockets(guest: Guest) {
  const refuse = (): never => {
    guest.enter();
    throw new WitError('access-denied');
  };

  /** A class whose methods all refuse. */
  const closedClass = (name: keyof typeof METHODS) => {
    const closed = class {};
    const methods = closed.prototype as Record<string, () => never>;
    for (const method of METHODS[name]) methods[method] = refuse;
    makeDroppable(guest, closed);
    return closed;
  };

  class NetworkResource {}
  makeDroppable(guest, NetworkResource);

  return {
    imports: {
      'wasi:sockets/network': { Network: NetworkResource, networkErrorCode: (): undefined => undefined },
      'wasi:sockets/instance-network': { instanceNetwork: () => wrap(guest, NetworkResource, new Network()) },
      'wasi:sockets/ip-name-lookup': { ResolveAddressStream: closedClass('ResolveAddressStream'), resolveAddresses: () => refuse() },
      'wasi:sockets/tcp': { TcpSocket: closedClass('TcpSocket') },
      'wasi:sockets/tcp-create-socket': { createTcpSocket: () => refuse() },
      'wasi:sockets/udp': {
        UdpSocket: closedClass('UdpSocket'),
        IncomingDatagramStream: closedClass('IncomingDatagramStream'),
        OutgoingDatagramStream: closedClass('OutgoingDatagramStream'),
      },
      'wasi:sockets/udp-create-socket': { createUdpSocket: () => refuse() },
    },
  };
}
