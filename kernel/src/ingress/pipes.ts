/** Standard input for guests: clients' bytes go into pipes by name, without ever blocking the main thread (data plane). */
import { Refusal } from '../errors.ts';
import type { Handle, Host, Owner } from '../host/host.ts';
import { LIMITS } from '../limits.ts';

/** A pipe that is ready takes so much without blocking (pipe(7), PIPE_BUF). */
const PIPE_BUF = 4096;

export class Pipes {
  readonly #host: Host;
  readonly #owner: Owner;
  readonly #writers = new Map<string, Handle>();

  constructor(host: Host, owner: Owner) {
    this.#host = host;
    this.#owner = owner;
  }

  offer(name: string, writer: Handle): void {
    this.end(name);
    this.#writers.set(name, writer);
  }

  /** Writes all of it; ends quietly when the reader is gone, as a shell's pipe does. */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    const ready = new Uint8Array(1);
    for (let at = 0; at < bytes.length; ) {
      const writer = this.#writers.get(name);
      if (writer === undefined) throw new Refusal('conflict', 'its standard input is not open', { where: name, hint: 'create it with -i' });
      if (this.#host.poll(this.#owner, Float64Array.of(writer), ready, 0) <= 0) {
        await new Promise((resolve) => setTimeout(resolve, LIMITS.pipePollMs));
        if (this.#host.rightsOf(this.#owner, writer) === 0) return;
        continue;
      }
      const written = this.#host.streamWrite(this.#owner, writer, bytes, at, Math.min(PIPE_BUF, bytes.length - at));
      if (written < 0) return;
      at += written;
    }
  }

  end(name: string): void {
    const writer = this.#writers.get(name);
    this.#writers.delete(name);
    if (writer !== undefined) this.#host.close(this.#owner, writer);
  }
}
