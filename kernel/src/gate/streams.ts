/** `forge:host/streams`: byte streams to hand to a workload (call path step 7, effects in 8 and 9). */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from '../errors.ts';
import { LOG_STREAM, RIGHT } from '../host/host.ts';
import type { HostImportContext } from './host-imports.ts';

const INTERFACE = 'forge:host/streams';
const NAME = /^[a-z0-9-]{1,64}$/;
const STANDARD = { stdin: 0, stdout: 1, stderr: 2 } as const;
type Standard = keyof typeof STANDARD;

export function streamsImports({ slot, gate, grants, services }: HostImportContext) {
  const { host, roots } = gate.options;

  const logPath = (name: string): string => {
    if (!NAME.test(name)) throw new Refusal('invalid', 'a log name is 1 to 64 of a-z 0-9 -', { where: 'name' });
    return join(roots.logs, `${name}.log`);
  };

  return {
    inherit(stream: Standard): string {
      const rights = stream === 'stdin' ? RIGHT.read : RIGHT.write;
      const consented = slot.context?.consents.some((consent) => consent.kind === 'stdio') ?? false;
      const call = gate.ask(slot, INTERFACE, { action: 'stdio.inherit', resource: { kind: 'Stdio', name: stream }, rights, consented });
      const grant = gate.mint(slot.owner, call, 'stdio.inherit', String(STANDARD[stream]), rights);
      return grants.open(slot.owner, grant, () => host.stdioOpen(slot.owner, grant));
    },
    pipe(name: string): string {
      if (!NAME.test(name)) throw new Refusal('invalid', 'a pipe name is 1 to 64 of a-z 0-9 -', { where: 'name' });
      const rights = RIGHT.read | RIGHT.write;
      const call = gate.ask(slot, INTERFACE, { action: 'pipe.create', resource: { kind: 'Pipe', name }, rights, consented: false });
      const grant = gate.mint(slot.owner, call, 'pipe.create', '', rights);
      return grants.open(slot.owner, grant, () => {
        const [reader, writer] = host.pipeCreate(slot.owner, grant);
        services.offerPipe(name, host.derive(slot.owner, writer, services.ingressOwner, host.rightsOf(slot.owner, writer)));
        // One writer only, or the guest would never see the end.
        host.close(slot.owner, writer);
        return reader;
      });
    },
    log(name: string, stream: Standard, bytesMax: bigint): string {
      const path = logPath(name);
      if (stream === 'stdin') throw new Refusal('invalid', 'a log takes output', { where: 'stream' });
      const call = gate.ask(slot, INTERFACE, { action: 'log.open', resource: { kind: 'Log', name }, rights: RIGHT.write, consented: false });
      const grant = gate.mint(slot.owner, call, 'log.open', path, RIGHT.write);
      return grants.open(slot.owner, grant, () => host.logWriter(slot.owner, grant, LOG_STREAM[stream], Number(bytesMax)));
    },
    removeLog(name: string): void {
      const path = logPath(name);
      gate.ask(slot, INTERFACE, { action: 'log.open', resource: { kind: 'Log', name }, rights: RIGHT.mutate, consented: false });
      for (const file of [path, `${path}.1`]) rmSync(file, { force: true });
    },
    close(handle: string): void {
      grants.close(slot.owner, handle);
    },
  };
}
