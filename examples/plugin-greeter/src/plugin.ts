/** Greets people, and remembers in the plugin's own state how often. */
import { apply, get } from 'forge:kernel/state@0.1.0';
import { definePlugin, isRefusal, refuse } from '@forgeone/sdk';

const NAME_LENGTH_MAX = 64;
/** Two calls that greet the same name at once: one of them counts again. */
const TRIES = 3;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** How often it was there before. */
function countOne(key: string): number {
  for (let tries = 1; ; tries += 1) {
    const entry = get(key);
    const before = entry ? Number(decode(entry.value)) : 0;
    try {
      apply([{ tag: 'put', val: { key, value: encode(String(before + 1)), expect: entry?.version ?? 0 } }]);
      return before;
    } catch (thrown) {
      if (tries === TRIES || !isRefusal(thrown, 'conflict')) throw thrown;
    }
  }
}

export default definePlugin({
  provides: {
    'acme:greeter/greetings@0.1.0': {
      greet(name) {
        const plain = name.trim();
        if (plain === '') refuse.invalid('whom shall I greet?', { where: 'name', hint: 'a name of 1 to 64 characters' });
        if (plain.length > NAME_LENGTH_MAX) refuse.invalid(`a name has at most ${NAME_LENGTH_MAX} characters`, { where: 'name' });
        const before = countOne(`greeted/${plain}`);
        return { text: before === 0 ? `Hello, ${plain}!` : `Hello again, ${plain}!`, before };
      },
    },
  },
});
