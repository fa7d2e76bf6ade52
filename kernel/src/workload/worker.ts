/** Entry of a workload's thread: links the guest to the kernel's WASI host and runs it (data plane, beside call path steps 8 and 9). */
import { workerData } from 'node:worker_threads';
import type { WorkloadOrder } from '../domain/kernel-services.ts';
import type { LoadedComponent } from '../domain/plugin-unit.ts';
import { openNativeHost } from '../host/native.ts';
import { Instantiator, type InstantiatorUse } from '../loader/instantiate.ts';
import { runGuest, type WorkloadResult } from './run-guest.ts';

/** What the pool tells each of its threads. tinypool keeps its own data in the first element. */
export interface WorkloadThreadData {
  readonly codeCache: string;
  readonly use: InstantiatorUse;
}

/** What the pool hands to a thread: a guest to run, or a component to compile ahead of a decision. */
export type WorkloadTask =
  | { readonly kind: 'run'; readonly order: Omit<WorkloadOrder, 'context'>; readonly component: LoadedComponent }
  | { readonly kind: 'prepare'; readonly component: LoadedComponent; readonly memoryBytes: number };

const { codeCache, use } = workerData[1] as WorkloadThreadData;
const host = openNativeHost();
const instantiator = new Instantiator(codeCache, host.sha256, use);

export default function run(task: WorkloadTask): WorkloadResult | undefined {
  if (task.kind === 'prepare') {
    instantiator.prepare(task.component, task.memoryBytes);
    return undefined;
  }
  try {
    return runGuest(host, task.order, (imports) => instantiator.instantiate(task.component, imports, task.order.memoryBytes));
  } finally {
    instantiator.keepCode();
  }
}
