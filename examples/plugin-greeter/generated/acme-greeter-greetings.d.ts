// Made from wit/ by writeProjectTypings of @forgeone/sdk/build. Do not edit.
declare module 'acme:greeter/greetings@0.1.0' {
  /**
   * Greets. `invalid`: the name is empty or has more than 64 characters.
   */
  export function greet(name: string): Greeting;
  export type Error = import('forge:types/errors@0.1.0').Error;
  /**
   * A greeting, and how often this name was greeted before.
   */
  export interface Greeting {
    /**
     * One sentence.
     */
    text: string,
    /**
     * 0 the first time.
     */
    before: number,
  }
}
