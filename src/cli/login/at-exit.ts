/**
 * `act` also where this process is ended from within, as it is when nobody reads what it writes any more: it must not
 * wait for anything. Returns the way to take it back, once it was done in its usual place.
 */
export function alsoAtExit(act: () => void): () => void {
  process.once('exit', act);
  return () => void process.off('exit', act);
}
