/**
 * Runs in a process of its own: imports the ecosystem file named in argv, checks it, and writes one line of JSON, the
 * `LoadResult`, to descriptor 3. What the file prints goes to stderr; `load.ts` ends this process as soon as it has the line.
 */
import { writeSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { LoadResult } from './load.ts';
import { explainFailure, fileProblem } from './import-failure.ts';
import { findJsonMistake } from './json-syntax.ts';
import { FILE_BYTES_MAX, PARENT_FD, RESULT_FD } from './loader-contract.ts';
import { normalise } from './normalise.ts';
import { plainData } from './plain-data.ts';
import { doubtAt } from './problem.ts';
import type { Problem } from './problem.ts';

type Raw = { readonly value: unknown } | { readonly problem: Problem };

/**
 * An endless loop in the file would outlive a CLI that was killed. A thread still runs then: it ends the whole group when
 * the parent's end of the pipe closes.
 */
const WATCH_PARENT = `
  const { Socket } = require('node:net');
  const end = () => process.kill(-process.pid, 'SIGKILL');
  new Socket({ fd: ${PARENT_FD}, readable: true, writable: false }).on('error', end).on('close', end).resume();
`;

await main(process.argv[2] ?? '');

async function main(file: string): Promise<void> {
  new Worker(WATCH_PARENT, { eval: true }).unref();
  const fail = (thrown: unknown): void => respond({ ok: false, file, problems: [explainFailure(thrown, file)] });
  // Also for what goes wrong outside the import: a promise or a timer of the file.
  process.on('uncaughtException', fail).on('unhandledRejection', fail);
  respond(await load(file).catch((thrown: unknown) => ({ ok: false, file, problems: [explainFailure(thrown, file)] })));
}

async function load(file: string): Promise<LoadResult> {
  const raw = extname(file) === '.json' ? await readJson(file) : await importFile(file);
  if ('problem' in raw) return { ok: false, file, problems: [raw.problem] };
  const plain = plainData(raw.value);
  const result = normalise(plain.value, file, { home: homedir() });
  const problems = [...plain.problems, ...(result.ok ? [] : withoutEchoes(result.problems, plain.problems))];
  if (!result.ok || problems.length > 0) return { ok: false, file, problems };
  return { ...result, warnings: [...result.warnings, ...(await missingFolders(result.ecosystem.agents))] };
}

/** A function was dropped from the data, so the checks miss it; the reader has been told why already. */
function withoutEchoes(problems: readonly Problem[], known: readonly Problem[]): readonly Problem[] {
  return problems.filter(({ path }) => !known.some((problem) => problem.path === path));
}

async function importFile(file: string): Promise<Raw> {
  const { createJiti } = await import('jiti');
  const self = fileURLToPath(new URL(`../index${extname(import.meta.url)}`, import.meta.url));
  // No cache on disk: its folder may be shared with other users of the machine, who could plant code in it.
  const jiti = createJiti(import.meta.url, {
    alias: { agentvisor: self },
    fsCache: false,
    moduleCache: false,
    interopDefault: false,
  });
  const exported = defaultExport(await jiti.import(file));
  if (exported === undefined) {
    return {
      problem: fileProblem(
        file,
        'a default export',
        'has no default export',
        'write: export default defineEcosystem({ … })',
      ),
    };
  }
  const given: unknown = typeof exported === 'function' ? exported() : exported;
  const value = await given;
  if (value !== undefined) return { value };
  return {
    problem: fileProblem(
      file,
      'a default export with data',
      'its default export gives nothing',
      'return the ecosystem',
    ),
  };
}

/** ES modules are known by a mark (`__esModule` of the transformed, the tag of native ones); else it is `module.exports`. */
function defaultExport(module: unknown): unknown {
  if (typeof module !== 'object' || module === null) return module;
  if (!('__esModule' in module) && !(Symbol.toStringTag in module)) return isEmpty(module) ? undefined : module;
  const value: unknown = 'default' in module ? module.default : undefined;
  return isEmpty(value) ? undefined : value;
}

/** A script that exports nothing has an empty object as its `module.exports`. */
function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !(value instanceof Promise) && Object.keys(value).length === 0;
}

async function readJson(file: string): Promise<Raw> {
  const text = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  const mistake = findJsonMistake(text);
  if (mistake === undefined) return { value: JSON.parse(text) };
  const { line, column, expected, found } = mistake;
  const place = `${file}:${line}:${column}`;
  return {
    problem: fileProblem(
      place,
      expected,
      `JSON syntax error: expected ${expected}, found ${found}`,
      'correct this line',
    ),
  };
}

/** `start` reports it per agent; `validate` should know it before. */
async function missingFolders(agents: readonly { readonly cwd: string }[]): Promise<readonly Problem[]> {
  const found = await Promise.all(
    agents.map(async ({ cwd }, index) => {
      const isFolder = await stat(cwd).then(
        (entry) => entry.isDirectory(),
        () => false,
      );
      return isFolder
        ? []
        : [
            doubtAt(
              ['agents', index, 'cwd'],
              'a folder that exists',
              `there is no folder ${cwd}`,
              `create it: mkdir -p ${cwd}`,
            ),
          ];
    }),
  );
  return found.flat();
}

function respond(result: LoadResult): void {
  const line = Buffer.from(`${JSON.stringify(result)}\n`);
  if (line.length > FILE_BYTES_MAX) {
    const { file } = result.ok ? result.ecosystem : result;
    const found = `its content is larger than ${FILE_BYTES_MAX / 2 ** 20} MB`;
    return respond({
      ok: false,
      file,
      problems: [fileProblem(file, 'a smaller file', found, 'declare fewer agents in one file')],
    });
  }
  for (let sent = 0; sent < line.length;) sent += writeSync(RESULT_FD, line, sent);
}
