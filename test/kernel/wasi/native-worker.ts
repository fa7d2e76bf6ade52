/** A thread that runs one guest on the native machine, for `native.test.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import type { LoadedComponent } from '../../../kernel/src/domain/plugin-unit.ts';
import { openNativeHost } from '../../../kernel/src/host/native.ts';
import { runOn } from './run-on.ts';

const { component, owner, stdin, stdout } = workerData as { component: LoadedComponent; owner: number; stdin: number; stdout: number };
let outcome: string;
try {
  outcome = `exit ${runOn(openNativeHost(), owner, component, { preopens: [], stdin, stdout })}`;
} catch (thrown) {
  outcome = thrown instanceof Error ? thrown.name : String(thrown);
}
parentPort?.postMessage(outcome);
