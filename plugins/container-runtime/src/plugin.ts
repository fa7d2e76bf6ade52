/** The container-runtime plugin: the life cycle of containers (call path step 6). */

import * as packages from 'forge:host/packages@0.1.0';
import * as streams from 'forge:host/streams@0.1.0';
import * as workloads from 'forge:host/workloads@0.1.0';
import * as clock from 'forge:kernel/clock@0.1.0';
import * as config from 'forge:kernel/config@0.1.0';
import * as events from 'forge:kernel/events@0.1.0';
import * as log from 'forge:kernel/log@0.1.0';
import * as random from 'forge:kernel/random@0.1.0';
import * as state from 'forge:kernel/state@0.1.0';
import * as outbound from 'forge:network/outbound@0.1.0';
import * as scratch from 'forge:storage/scratch@0.1.0';
import * as volumes from 'forge:storage/volumes@0.1.0';
import { definePlugin } from '@forgeone/sdk';
import { ContainerStore } from './container-store.ts';
import { Containers } from './containers.ts';
import { Launcher } from './launcher.ts';
import { readSettings, type Settings } from './settings.ts';

let settings: Settings = readSettings(() => null);
const store = new ContainerStore({ state, log });
const launcher = new Launcher({ volumes, scratch, outbound, streams, workloads, log }, () => settings.logBytesMax);
const containers = new Containers({ packages, workloads, clock, events, random, log }, store, launcher, () => settings.containersMax);

export default definePlugin({
  lifecycle: {
    start() {
      settings = readSettings(config.get);
      containers.recover();
    },
    // Without its store it can neither create nor end anything.
    health: () => void state.get('health'),
  },
  listener: {
    deliver: (topic, payload) => containers.deliver(topic, payload),
  },
  provides: {
    'forge:container/runtime@0.1.0': {
      create: (spec) => containers.create(spec),
      start: (id) => containers.start(id),
      stop: (id, graceMs) => containers.stop(id, graceMs),
      kill: (id) => containers.kill(id),
      remove: (id, force) => containers.remove(id, force),
      inspect: (id) => containers.inspect(id),
      list: (all) => containers.list(all),
      logName: (id) => containers.logName(id),
    },
  },
});
