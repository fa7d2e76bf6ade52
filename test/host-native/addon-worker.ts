/** One thread of `addon.test.ts`: performs one task on the machine that all threads share and posts what came of it. */
import { parentPort, workerData } from 'node:worker_threads';
import { openNativeHost } from '../../kernel/src/host/native.ts';

export interface Task {
  readonly what: 'read-until-refused' | 'read-stream' | 'sleep' | 'churn' | 'take-mint-key';
  readonly owner: number;
  readonly handle: number;
  /** Set to 1 before the task begins. */
  readonly begun: Int32Array;
}

const host = openNativeHost();
const task = workerData as Task;
const mem = new Uint8Array(65536);
Atomics.store(task.begun, 0, 1);
Atomics.notify(task.begun, 0);
parentPort?.postMessage(run(task));

function run({ what, owner, handle }: Task): unknown {
  switch (what) {
    case 'read-until-refused': {
      let reads = 0;
      for (;;) {
        const result = host.pread(owner, handle, mem, 0, mem.length, 0);
        if (result < 0) return { reads, result };
        if (mem.some((byte) => byte !== 7)) return { reads, result: 'foreign bytes' };
        reads++;
      }
    }
    case 'read-stream':
      return host.streamRead(owner, handle, mem, 0, mem.length);
    case 'sleep':
      return host.poll(owner, new Float64Array(0), new Uint8Array(0), -1);
    case 'churn': {
      const name = `churn-${Math.random()}`;
      for (let round = 0; round < 2000; round++) {
        const file = host.openAt(owner, handle, name, 1 | 32 | 64);
        if (file < 0) return file;
        if (host.pwrite(owner, file, mem, 0, 100, 0) !== 100) return 'short write';
        host.close(owner, file);
        if (host.pread(owner, file, mem, 0, 1, 0) !== -9) return 'a closed handle works';
        host.unlinkFileAt(owner, handle, name);
      }
      return 0;
    }
    case 'take-mint-key':
      try {
        return host.takeMintKey();
      } catch (error) {
        return (error as { code?: string }).code;
      }
  }
}
