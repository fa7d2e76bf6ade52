/** The api plugin: the control API (call path step 4). It validates, routes and calls. */

import * as runtime from 'forge:container/runtime@0.1.0';
import * as packages from 'forge:host/packages@0.1.0';
import * as log from 'forge:kernel/log@0.1.0';
import * as volumes from 'forge:storage/volumes@0.1.0';
import { definePlugin } from '@forgeone/sdk';
import { Routes } from './routes.ts';

const routes = new Routes({ runtime, packages, volumes, log });

export default definePlugin({
  provides: {
    'forge:api/handler@0.1.0': {
      handle: (request) => routes.handle(request),
    },
  },
});
