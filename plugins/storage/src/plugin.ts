/** The storage plugin: volumes and scratch space (call path step 6). It decides and opens; reads and writes never pass here. */

import * as dirs from 'forge:host/dirs@0.1.0';
import * as call from 'forge:kernel/call@0.1.0';
import * as clock from 'forge:kernel/clock@0.1.0';
import * as log from 'forge:kernel/log@0.1.0';
import * as state from 'forge:kernel/state@0.1.0';
import { definePlugin } from '@forgeone/sdk';
import { Mounts } from './mounts.ts';
import { Volumes } from './volumes.ts';

const volumes = new Volumes({ dirs, state, clock, log });
const mounts = new Mounts({ dirs, call }, volumes);

export default definePlugin({
  lifecycle: {
    start: () => volumes.recover(),
    // Without its store it knows no volume.
    health: () => void state.get('health'),
  },
  provides: {
    'forge:storage/volumes@0.1.0': {
      create: (name, bytesMax, entriesMax) => volumes.create(name, bytesMax, entriesMax),
      get: (name) => volumes.get(name),
      list: () => volumes.list(),
      remove: (name) => mounts.removeVolume(name),
      mount: (name, access) => mounts.mountVolume(name, access),
      mountPath: (path, access) => mounts.mountPath(path, access),
      unmount: (handle) => mounts.unmount(handle),
    },
    'forge:storage/scratch@0.1.0': {
      create: (medium, bytesMax) => mounts.mountScratch(medium === 'memory', bytesMax),
    },
  },
});
