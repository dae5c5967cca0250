/** Why a measure falls short of what was wanted, by its id: found by profiling, written by hand, shown only where it does. */
export const REASONS: Readonly<Record<string, string>> = {
  list: `The command reads about twenty modules where the client has one, and Node's loader of ES modules opens each of them through its thread
pool: of the processor time behind Node's own start about a third is that loader, the rest is net, the handshake and compiling. A machine whose
processors are taken pays for each of these hops.`,
  signal: `Between the line and the signal stand the notification of the file, a read in Node's thread pool, which takes two changes of thread (3 to 12 ms
where others want the processors too), the journal and five records of what happened, each a write of its own (0.7 ms), and two reads of \`/proc\` to be sure of the
group before it is stopped. Nothing of it waits for the disk. Dead the agent is later: the whole process table is looked at twice before anybody is
killed, 7 µs for each process of the machine.`,
  lines: `The agent writes into its file as it would without a daemon; what it loses is the processor that the daemon takes beside it, on a machine of two
cores. The daemon reads each byte once and looks at each quote for a word that may matter.`,
  memory: `RSS: an idle daemon without an agent is 20 MB above bare Node: 5 MB more of Node's own program is in use, the rest is its 211 modules, their code,
and the memory of four threads of the pool. A hundred agents add 12 MB, of which 11 are V8's young generation, which grows to 16 MB when they are started at once
and does not shrink by itself; after a collection the heap is 10 MB. Processor: half of it are two looks a second at the log files of each agent, whose size tells
whether they must be cut; most of the rest are the daemon's looks at its own home, at the disk and at its descriptors.`,
  crash: `The next process begins only when nobody bears the mark of the one before: the whole process table is looked at twice with a pause of 2 ms, 7 µs for
each process of the machine. Then the start is written down and on the disk (fdatasync) before the process is there, and two shells stand in front of it.
pm2 does none of that.`,
  start: `For each agent a run folder with its files is made, its start is on the disk before it is there, and two shells come before the program:
one that stays to write down how it ends, one that becomes it.`,
  killed: `The keeper starts a daemon at once; Node's start, 211 modules, and a look at each of the hundred processes come before its first answer.`,
  policy: `Of single seeds some have more than a quarter of kubelet's attempts, and some less; see [recovery](recovery.md#what-it-is-worth).`,
};
