/** Where a plugin's project is, for the harness that builds it. */
import { resolve } from 'node:path';

export const projectDir = (plugin: string): string => resolve(import.meta.dirname, '../../plugins', plugin);
