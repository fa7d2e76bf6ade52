/** Makes the typings of wit/ anew, in generated/. Run it after a change of wit/: npm run generate */
import { writeProjectTypings } from '@forgeone/sdk/build';

for (const file of await writeProjectTypings(new URL('..', import.meta.url).pathname)) console.log(file);
