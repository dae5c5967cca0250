/**
 * A daemon that does nothing but notices: node outbox-program.mjs HOME COUNT CHANNELS [LIMITS]. Like a daemon with a
 * journal it puts in at every start what its predecessor has not put in. Says what is degraded, and `closed` when a TERM
 * has ended it.
 */
import { Outbox } from '../../dist/daemon/outbox/outbox.js';
import { sweeper } from '../../dist/daemon/process/sweep.js';
import { identity } from '../../dist/home/process-identity.js';
import { isAfter } from '../../dist/home/records.js';

const [home, count, channels, limits = '{}'] = process.argv.slice(2);
const outbox = new Outbox({
  home,
  boot: identity.bootId(),
  identity,
  sweeper,
  secrets: () => [],
  complain: (what, error) => console.log(what, error),
  limits: { retryMsMin: 10, retryMsMax: 40, diskRetryMs: 20, ...JSON.parse(limits) },
});
const { last } = outbox;
const text = 'x'.repeat(600);
const told = {
  kind: 'opened',
  at: 0,
  incident: null,
  scope: null,
  cause: 'crash',
  agents: ['bob'],
  text,
  receipt: null,
};
for (let seq = 1; seq <= Number(count); seq++) {
  const place = { seq, index: 0 };
  if (isAfter(place, last)) outbox.put(place, { id: `n${seq}`, ...told }, JSON.parse(channels));
}
const say = () => outbox.degraded().forEach((line) => console.log(`degraded: ${line}`));
say();
outbox.start();
const looks = setInterval(say, 5);
process.once('SIGTERM', async () => {
  clearInterval(looks);
  await outbox.close();
  console.log(outbox.degraded().length === 0 ? 'closed' : `closed: ${outbox.degraded().join()}`);
});
