/** The audit log: one line for each decision of the gate, written before the effect (call path step 7). */
import { closeSync, openSync, writeSync } from 'node:fs';
import { Refusal } from '../errors.ts';

export interface AuditEntry {
  readonly callId: string;
  readonly chain: readonly string[];
  readonly action: string;
  /** `Kind::name`. */
  readonly resource: string;
  readonly rights: readonly string[];
  readonly consented: boolean;
  readonly decision: 'allow' | 'deny';
  /** Ids of the policies it rests on. */
  readonly reasons: readonly string[];
  readonly epoch: number;
}

export interface AuditLog {
  /** Writes one line; throws `unavailable` when it cannot, and then nothing may be done. */
  append(entry: AuditEntry): void;
  close(): void;
}

/** Appends JSON lines to a file of mode 0600; one write(2) a line, so lines of several threads and processes stay whole. */
export function openAuditFile(path: string): AuditLog {
  const fd = openSync(path, 'a', 0o600);
  return {
    append(entry) {
      const line = Buffer.from(`${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`);
      try {
        if (writeSync(fd, line) === line.length) return;
      } catch (cause) {
        throw new Refusal('unavailable', `the audit log cannot be written: ${(cause as Error).message}`, {
          where: path,
          hint: 'free space on its file system; nothing is allowed until it can be written',
        });
      }
      throw new Refusal('unavailable', 'the audit log was written in part', { where: path, hint: 'free space on its file system' });
    },
    close: () => closeSync(fd),
  };
}

/** Keeps the entries in memory, for tests. */
export function openAuditMemory(): AuditLog & { readonly entries: AuditEntry[] } {
  const entries: AuditEntry[] = [];
  return { entries, append: (entry) => void entries.push(entry), close: () => undefined };
}
