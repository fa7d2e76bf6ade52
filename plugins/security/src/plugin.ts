/**
 * The security plugin: decides every system call by Cedar policies, and appraises who asks (call path step 7).
 *
 * It imports nothing that reaches anything. Policies are compiled here, at the top of the module: that runs when the
 * plugin is built, and the result is frozen into the component, so starting it costs nothing.
 */

import * as config from 'forge:kernel/config@0.1.0';
import { definePlugin } from '@forgeone/sdk';
import { compile, type PolicySetJson } from './cedar/index.ts';
import { Decider } from './decide.ts';
import defaultPolicies from './generated/default-policies.json' with { type: 'json' };
import { appraise } from './trust.ts';

const policies = compile(defaultPolicies.policies as PolicySetJson);

/** Policies are part of the component, so they change only with it: the first epoch is the last. */
const EPOCH = 1;

/** Before `start` no plugin is trusted, and so hardly anything is allowed. */
let decider = new Decider({ policies, trustedPlugins: new Set(), epoch: EPOCH });

export default definePlugin({
  lifecycle: {
    start() {
      const names = config
        .get('trusted-plugins')
        ?.split(/\s+/)
        .filter((name) => name !== '');
      decider = new Decider({ policies, trustedPlugins: new Set(names), epoch: EPOCH });
    },
  },
  provides: {
    'forge:security/authorizer@0.1.0': {
      authorize: (request) => decider.decide(request),
    },
    'forge:security/trust@0.1.0': {
      validateTrust: (identity, syscall, evidence) => appraise(identity, syscall, evidence),
    },
  },
});
