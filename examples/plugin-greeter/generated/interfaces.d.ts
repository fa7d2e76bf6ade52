// Made from wit/ by writeProjectTypings of @forgeone/sdk/build. Do not edit.
/// <reference path="./acme-greeter-greetings.d.ts" />
import '@forgeone/sdk';
declare module '@forgeone/sdk' {
  interface Interfaces {
    'acme:greeter/greetings@0.1.0': typeof import('acme:greeter/greetings@0.1.0');
  }
}
