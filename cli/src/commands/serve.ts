/** `forge serve`: the daemon; a kernel that answers on the socket of the state directory until it is told to stop (call path step 2). */
import { EXIT, exitCodeOfGuests } from '../exit-code.ts';
import { logOptions } from '../run/log-options.ts';
import { neutralise, printJson } from '../terminal/neutralise.ts';
import type { CommandDefinition } from './command.ts';
import { readGlobalOptions } from './global-options.ts';

export const serve: CommandDefinition = {
  name: 'serve',
  summary: 'Run the daemon in the foreground',
  options: [['--foreground', 'stay in the foreground (the default and only way: systemd and & do the rest)']],
  examples: [
    ['forge serve', 'until Ctrl-C or SIGTERM'],
    ['forge serve --log-level info', 'with its log on standard error, for systemd'],
  ],
  notes: 'Its log is STATE/log/forge.log, unless --log-level asks for it on standard error. Containers end with it and are recorded.',
  action: async (_, words, session) => {
    const options = readGlobalOptions(words, session);
    const signals = session.hearStopSignals();
    // Whoever insists does not wait for guests and plugins to come to their end.
    signals.insisted.addEventListener('abort', () => session.exit(exitCodeOfGuests([EXIT.terminated], signals.first())));
    try {
      const { openKernel } = await session.kernel();
      const kernel = await openKernel({ home: options.home, placement: 'apart', ...logOptions(options.logLevel, options.home) });
      try {
        const { socket } = await kernel.serve();
        session.err(options.json ? `${printJson({ socket })}\n` : `forge: serving on ${neutralise(socket)}\n`);
        if (!signals.asked.aborted) await new Promise<void>((resolve) => signals.asked.addEventListener('abort', () => resolve()));
      } finally {
        await kernel.close();
      }
      return EXIT.ok;
    } finally {
      signals.close();
    }
  },
};
