/**
 * Every limit and timeout of the kernel, each with its reason. No bare number stands elsewhere; `test/contract/limits.test.ts` looks.
 *
 * Names end in their unit. An operator raises what `config` names; a package may only ask for less.
 */

const KiB = 1024;
const MiB = 1024 * KiB;

/** WebAssembly page (core specification 4.2.8). */
export const WASM_PAGE_BYTES = 64 * KiB;

export const LIMITS = {
  /** One call from the ingress through all plugins, when the client names no time: long enough for a cold volume scan, short enough to notice. */
  callDeadlineMs: 10_000,
  /** What a client may ask for at most; longer waits are parked at the ingress and cost no plugin. */
  callDeadlineMsMax: 60_000,
  /** One decision of the security plugin: it is pure computation, so anything longer is a hang, and a hang is a no. */
  decisionDeadlineMs: 3_000,
  /** What each link of a chain keeps of the deadline for itself: to hear that the next one hangs, and to say so. */
  deadlineHopMs: 50,
  /** Least time a callee is given: with less left it is not asked, or a slow caller could have a quick provider ended for its own delay. */
  callFairMs: 200,
  /** `lifecycle.start`, which may reconcile a store; as documented in forge:plugin. */
  pluginStartMs: 5_000,
  /** `lifecycle.health`, as documented in forge:plugin. */
  pluginHealthMs: 1_000,
  /** `lifecycle.stop`, as documented in forge:plugin. */
  pluginStopMs: 5_000,
  /** Restarts of one plugin inside `restartWindowMs` before it is quarantined: a crash loop is not mended by a sixth try. */
  restartsMax: 5,
  restartWindowMs: 60_000,

  /** Linear memory of a plugin: QuickJS starts at 1.4 MiB; the policy set of a large site fits in the rest. */
  pluginMemoryBytesMax: 256 * MiB,
  /** Linear memory of a workload that asks for nothing. */
  workloadMemoryBytes: 512 * MiB,
  /** What an operator's default allows a workload to ask for: wasm32's whole range less one page. */
  workloadMemoryBytesMax: 4096 * MiB - WASM_PAGE_BYTES,
  /** Elements of one table; V8 aborts the process, not the thread, when a table exhausts memory. */
  tableElementsMax: 1_000_000,
  /** Memories and tables of one component, over all its core instances: the caps above hold for each of them. QuickJS guests have 3 and 3. */
  componentMemoriesMax: 8,
  componentTablesMax: 16,
  /** JavaScript and wasm stack of a guest's thread: deep recursion ends in an error well before the thread's own end. */
  guestStackMiB: 4,
  /** JavaScript heap of a guest's thread: glue only, guests live in linear memory. */
  guestHeapMiB: 256,
  /** Guests of one node that have a thread. */
  workloadsMax: 256,
  /** What an operator may set `workloads-max` to: a thread is 7 MB and V8 reserves 8 GiB of addresses for each memory. */
  workloadsCeiling: 4_096,
  /** Idle prewarmed threads in the daemon: starting one costs 15 ms. */
  workersIdle: 1,
  /** A thread without work ends after so long. */
  workerIdleMs: 10_000,
  /** Time a stopped guest has to return by itself before its thread is ended. */
  stopGraceMs: 10_000,

  /** Open files, directories and streams of one guest. */
  openFilesMax: 1024,
  /** Input and output streams of one guest. */
  streamsMax: 2048,
  /** Pollables of one guest. */
  pollablesMax: 4096,
  /** One `get-random-bytes`. */
  randomBytesMax: 16 * MiB,
  /** One `read`: longer reads are cut, as read(2) may. */
  readBytesMax: 4 * MiB,
  /** Arguments and environment of a guest together, as ARG_MAX on Linux. */
  argumentBytesMax: 2 * MiB,
  /** Log of one container before it rotates; two files are kept. */
  logBytesMax: 16 * MiB,

  /** Channel between two domains: first size and largest message. A message above it is refused with `limit`. */
  channelBytes: 64 * KiB,
  channelBytesMax: 8 * MiB,
  /** How long a waiting domain spins before it sleeps: a busy peer answers in less, and a futex wake costs 60 us. */
  spinUs: 20,
  /** Nesting of calls; the composition has few levels, so more is a loop. */
  callDepthMax: 16,

  /** Key and value of the state store, as documented in forge:kernel/state. */
  stateKeyBytesMax: 512,
  stateValueBytesMax: MiB,
  stateScanMax: 1_000,
  /** Event payload, as documented in forge:kernel/events. */
  eventBytesMax: 64 * KiB,
  /** Waiting for the lock on a state directory: of several daemons that start at once, one gets it. */
  lockWaitMs: 250,
  /** Waiting for SQLite's write lock: another process of the same user holds it for one transaction. */
  stateBusyMs: 5_000,

  /** Request body of the control API, as documented in forge:api. */
  requestBytesMax: MiB,
  /** Request head; Node's own default is 16 KiB. */
  requestHeadBytesMax: 16 * KiB,
  /** A client has so long to send its head and body: slow loris. */
  requestReceiveMs: 10_000,
  /** Longest timer of Node (a signed 32-bit number of milliseconds). */
  timerMsMax: 2 ** 31 - 1,
  /** Longest parked request (`wait`, `logs -f`); clients ask again. */
  parkedMsMax: 24 * 3_600_000,
  /** Topics whose last publication is remembered; older news than that is asked for again. */
  topicsRemembered: 10_000,
  /** A full pipe is tried again so often. */
  pipePollMs: 5,
  /** A followed log is looked at so often; the end of its container is news and comes at once. */
  logPollMs: 50,
  /** One slice of a log that is being followed. */
  logSliceBytes: 256 * KiB,

  /** Plugin log lines a second; the rest is counted and dropped. */
  pluginLogLinesPerSecond: 1_000,
  pluginLogBytesMax: 8 * KiB,
  /** `forge:kernel/random.bytes`, as documented there. */
  pluginRandomBytesMax: 4 * KiB,

  /** A component file. */
  componentBytesMax: 64 * MiB,
  /** The throw-away child that parses and transpiles: measured 0.6 s and 290 MB for 12 MB of component. */
  transpileMs: 60_000,
  transpileHeapMiB: 1024,
  /** Its private writable memory (RLIMIT_DATA): heap and transpiler together. */
  transpileDataKiB: 2 * 1024 * 1024,
  transpileCpuSeconds: 60,
  /** Rules of an outbound list, as documented in forge:host/outbound. */
  outboundRulesMax: 256,
} as const;
