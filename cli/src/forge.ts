/** Entry of the bundle (call path step 1): first the compile cache, then everything that it is for. */
import { enableCompileCache } from './compile-cache.ts';

enableCompileCache();
const { main } = await import('./main.ts');
await main(process.argv.slice(2));
