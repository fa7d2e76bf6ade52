/** whatwg-url 16.0.1 has no types, and these two files are not its public face: the version is pinned. */
declare module 'whatwg-url/lib/urlencoded.js' {
  const module: import('./whatwg-url.ts').Urlencoded;
  export default module;
}
declare module 'whatwg-url/lib/url-state-machine.js' {
  const module: import('./whatwg-url.ts').StateMachine;
  export default module;
}
