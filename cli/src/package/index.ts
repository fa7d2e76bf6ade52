/** What commands need to know of packages; a file of its own in the bundle, because `forge run` does not load it. */
export { openPackage, PackageError, type Problem, parseManifestToml, validatePackage } from '@forgeone/package';
export { buildProject } from './build-package.ts';
export { describePackage, type PackageView, viewPackage } from './describe-package.ts';
export { packageJson } from './package-json.ts';
export { findProjectProblems } from './project-problems.ts';
