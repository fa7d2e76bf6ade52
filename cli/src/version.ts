/** The version of this program; the build puts that of package.json here. */
declare const FORGE_VERSION: string | undefined;

/** From source there is no build: then it says so. */
export const VERSION: string = typeof FORGE_VERSION === 'string' ? FORGE_VERSION : '0.0.0-source';
