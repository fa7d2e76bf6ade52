/** Node side: tests of plugins against a fake host. */
export { Refusal } from '../guest/refusal.ts';
export type { FakeObject } from './fake-handles.ts';
export type { FakeEvent, FakeKernel, LogLine, ScheduledEvent, StoredEntry } from './fake-kernel.ts';
export type { FakeMachine, FakeVolume, FakeWorkload } from './fake-machine.ts';
export { createHarness, Fault, type Harness, type HarnessOptions } from './harness.ts';
export type { HostCall, ImportOverrides } from './harness-types.ts';
