/** A session for tests: words are kept, and the platform behind it is a list of answers. */
import { EventEmitter } from 'node:events';
import type { ApiRequest, ApiResponse, ControlClient, LogRecord } from '../../cli/node_modules/@forgeone/kernel/client.ts';
import { hearStopSignals } from '../../cli/src/run/stop-signals.ts';
import type { Kernel, Session } from '../../cli/src/session.ts';
