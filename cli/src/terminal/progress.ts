/** Says what is being done when it takes longer than half a second, on a terminal only; gone when it is done. */
import { neutralise } from './neutralise.ts';

/** Shorter waits need no word. */
const QUIET_MS = 500;
const FRAME_MS = 100;
const FRAMES = ['|', '/', '-', '\\'] as const;

export interface Progress {
  step(text: string): void;
  end(): void;
}

/** `columns` cuts the line: one that wraps cannot be taken back. */
export function startProgress(terminal: { readonly isTerminal: () => boolean; readonly columns: () => number; readonly write: (text: string) => void }, subject: string): Progress {
  let text = '';
  let frame = 0;
  let shown = false;
  const draw = (): void => {
    const line = `${FRAMES[frame % FRAMES.length]} ${neutralise(subject)}${text ? `: ${neutralise(text)}` : ''}`.slice(0, Math.max(10, terminal.columns() - 1));
    terminal.write(`\r\x1b[2K${line}`);
    frame += 1;
    shown = true;
  };
  let timer: NodeJS.Timeout = setTimeout(() => {
    // Asked only now: what is quick should not pay for the answer.
    if (!terminal.isTerminal()) return;
    draw();
    timer = setInterval(draw, FRAME_MS).unref();
  }, QUIET_MS).unref();
  return {
    step(next) {
      text = next;
      if (shown) draw();
    },
    end() {
      clearTimeout(timer);
      if (shown) terminal.write('\r\x1b[2K');
      shown = false;
    },
  };
}
