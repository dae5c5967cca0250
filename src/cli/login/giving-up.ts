const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What ends a sign-in from outside: a signal, or Ctrl-C typed where the terminal does not make a signal of it. */
export type GivingUp = {
  readonly signal: AbortSignal;
  readonly giveUp: (reason: string) => void;
  readonly close: () => void;
};

/** From now until `close` these signals end nothing by themselves. */
export function heedSignals(): GivingUp {
  const controller = new AbortController();
  const giveUp = (reason: string): void => controller.abort(reason);
  for (const name of SIGNALS) process.on(name, giveUp);
  return {
    signal: controller.signal,
    giveUp,
    close: () => SIGNALS.forEach((name) => process.off(name, giveUp)),
  };
}
