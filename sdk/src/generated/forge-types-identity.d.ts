// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
declare module 'forge:types/identity@0.1.0' {
  /**
   * A SPIFFE ID (SPIFFE-ID 1.0), for example `spiffe://local/plugin/storage`. At most 2048 bytes.
   */
  export type SpiffeId = string;
  /**
   * What the kernel stamps on every call.
   */
  export interface Caller {
    /**
     * Who called, the first first: user, api, plugin, plugin. The last is the direct caller.
     */
    chain: Array<SpiffeId>,
    /**
     * Names this call in the log and the audit: 32 hexadecimal digits (W3C Trace Context trace-id).
     */
    callId: string,
    /**
     * Milliseconds left until the deadline.
     */
    remainingMs: number,
  }
  /**
   * Trustworthiness claims of IETF RATS AR4SI, each -128..127: 0 none, 2..31 affirming, 32..95 warning, 96..127 contraindicated.
   */
  export interface TrustVector {
    /**
     * The identity of the attesting environment.
     */
    instanceIdentity: number,
    /**
     * Its configuration.
     */
    configuration: number,
    /**
     * What code it runs.
     */
    executables: number,
    /**
     * Its files.
     */
    fileSystem: number,
    /**
     * What isolates it in hardware.
     */
    hardware: number,
    /**
     * How opaque its memory is to others.
     */
    runtimeOpaque: number,
    /**
     * How opaque its storage is to others.
     */
    storageOpaque: number,
    /**
     * The data it got from elsewhere.
     */
    sourcedData: number,
  }
  /**
   * How a workload or plugin is kept apart from others; the later, the stricter.
   * # Variants
   * 
   * ## `"shared"`
   * 
   * Beside others in one thread.
   * ## `"worker"`
   * 
   * A thread of its own.
   * ## `"process"`
   * 
   * A process of its own, locked down.
   */
  export type Isolation = 'shared' | 'worker' | 'process';
}
