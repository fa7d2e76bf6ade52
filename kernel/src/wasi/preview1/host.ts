/**
 * WASI preview 1 for adapted programs (data plane beside step 8): what `forge:preview1` of `../preview1.ts` calls.
 *
 * A function gets the very numbers that the program passed, pointers included. That works under hybrid bindings only;
 * lifted glue has no memory to hand over, and is refused.
 */
import { ERRNO } from '../../host/errno.ts';
import { CLOCK } from '../../host/host.ts';
import type { CliOptions } from '../cli.ts';
import type { Preopen } from '../filesystem.ts';
import type { Guest } from '../guest.ts';
import { type CoreFunction, withLowering } from '../guest-memory.ts';
import { trap } from '../trap.ts';
import { errnoOf, NOT_A_SOCKET, SUCCESS } from './errno.ts';
import { FdTable } from './fds.ts';
import { createFiles } from './files.ts';
import { glueNameOf, PREVIEW1_FUNCTIONS, PREVIEW1_NAMES, PREVIEW1_PACKAGE, type Preview1Name } from './functions.ts';
import { ProgramMemory } from './memory.ts';
import { createProgram } from './program.ts';

/** clock_getres(2) of Linux with high-resolution timers: one nanosecond. */
const RESOLUTION_NS = 1n;
/** `clockid`: the CPU clocks are not offered, as a guest shares its thread with the host's work for it. */
const CLOCKS: readonly (number | undefined)[] = [CLOCK.realtime, CLOCK.monotonic];

const PROGRAM = `${PREVIEW1_PACKAGE}/program`;
const INTERFACE_NAMES = [...new Set(PREVIEW1_NAMES.map((name) => PREVIEW1_FUNCTIONS[name].of))];
/** Worked out once: it is the same for all guests. */
const INTERFACES: readonly { readonly iface: string; readonly names: readonly (readonly [Preview1Name, string])[] }[] = INTERFACE_NAMES.map((of) => ({
  iface: `${PREVIEW1_PACKAGE}/${of}`,
  names: PREVIEW1_NAMES.filter((name) => PREVIEW1_FUNCTIONS[name].of === of).map((name) => [name, glueNameOf(name)] as const),
}));

export function createPreview1(guest: Guest, options: CliOptions, preopens: readonly Preopen[]): { imports: Record<string, object> } {
  const { host } = guest;
  const memory = new ProgramMemory();
  let table: FdTable | undefined;

  /** Made when the program starts: most guests are no preview 1 programs. */
  const functions = (): Record<Preview1Name, CoreFunction> => {
    table ??= new FdTable(guest, options, preopens);
    const fds = table;
    const { program, fd_pread, fd_pwrite } = createProgram(guest, options, fds, memory);

    const clock =
      (read: (clock: number) => bigint) =>
      (id: number, result: number): number => {
        const at = memory.check(result, 8);
        const known = CLOCKS[id];
        if (known === undefined) return errnoOf(-ERRNO.EINVAL);
        memory.view.setBigUint64(at, read(known), true);
        return SUCCESS;
      };
    const timeGet = clock((known) => host.clockNow(known));

    const socket = (fd: number): number => (fds.find(fd) === undefined ? errnoOf(-ERRNO.EBADF) : NOT_A_SOCKET);

    return {
      ...program,
      ...createFiles(guest, fds, memory),
      fd_pread,
      fd_pwrite,
      clock_res_get: clock(() => RESOLUTION_NS),
      clock_time_get: (id: number, _precision: bigint, result: number) => timeGet(id, result),
      random_get: (pointer: number, bytes: number) => {
        const at = memory.check(pointer, bytes);
        if (bytes >>> 0 > guest.limits.randomBytesMax) return errnoOf(-ERRNO.EINVAL);
        return errnoOf(host.randomFill(memory.bytes, at, bytes >>> 0));
      },
      sock_accept: socket,
      sock_recv: socket,
      sock_send: socket,
      sock_shutdown: socket,
    };
  };
  let made: Record<Preview1Name, CoreFunction> | undefined;

  const onlyLowered = (): never => trap('preview 1 programs need hybrid bindings');
  const attach = withLowering(
    guest,
    () => onlyLowered(),
    ({ memory: lowered }) =>
      () => {
        guest.enter();
        memory.attach(lowered);
      },
  );

  const member = (name: Preview1Name): object =>
    withLowering(
      guest,
      () => onlyLowered(),
      () => {
        made ??= functions();
        return gated(guest, made[name]);
      },
    );

  const imports: Record<string, Record<string, object>> = {};
  for (const { iface, names } of INTERFACES) {
    const members: Record<string, object> = {};
    for (const [name, glueName] of names) members[glueName] = member(name);
    imports[iface] = members;
  }
  Object.assign(imports[PROGRAM] as object, { attach });
  return { imports };
}

/** The function, for a guest that still may call. Parameters are spelled out: a rest list would be made anew at each call. */
function gated(guest: Guest, call: CoreFunction): CoreFunction {
  const act = call as (...core: unknown[]) => unknown;
  return (a: unknown, b: unknown, c: unknown, d: unknown, e: unknown, f: unknown, g: unknown, h: unknown, i: unknown) => {
    guest.enter();
    return act(a, b, c, d, e, f, g, h, i);
  };
}
