/** What both ends of the control API's socket know. */

/** Content type of log records: stream (u8), time (u64 LE, ns), length (u32 LE), bytes; one after the other. */
export const LOG_CONTENT_TYPE = 'application/vnd.forgeone.log';
/** What the local user consented to, as JSON; only believed from the local socket. */
export const CONSENT_HEADER = 'forge-consent';
export const LOG_HEAD_BYTES = 13;
