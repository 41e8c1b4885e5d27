/** `hookline case DIR…`: recorded cases, for a comparison with what the kernel did. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { poolResults } from "@hookline/parallel";
import type { Command } from "../command.ts";
import { messageOf, UsageError } from "../errors.ts";
import { CHANCE_OPTIONS, labSettings, parse, some, wholeNumber } from "../options.ts";
import { type CaseJob, type CaseReport, caseName, runCaseJob } from "./case-job.ts";

export const caseCommand: Command = {
	name: "case",
	usage: "DIR… [--out ROOT] [--jobs N] [--seed N] [--vector N]",
	about: "run recorded cases; write ROOT/CASE/NETNS.DEV.{rx,tx}.pcap and state.txt",
	help: `DIR holds lab.sh, case.json and in/*.pcap. Exit status: 0 all ran; 2 a lab file holds something that there is
not here (its file and line on stderr; the other cases run); 1 something else failed.
  --out ROOT   default out/case
  --jobs N     cases at the same time, each on a thread of its own, 1 to 256; default 1; never changes a result
  --seed N     default 1
  --vector N   frames handled in one visit, 1 to 256; never changes a result
`,
	async run(args, io) {
		const { values, positionals } = parse(args, {
			out: { type: "string" },
			jobs: { type: "string" },
			...CHANCE_OPTIONS,
		});
		const settings = labSettings(values);
		const jobs = wholeNumber("jobs", values.jobs, 1, 256) ?? 1;
		const root = values.out ?? join("out", "case");
		const dirs = some(positionals, "DIR");
		for (const dir of dirs)
			for (const name of ["lab.sh", "case.json"])
				if (statSync(join(dir, name), { throwIfNoEntry: false })?.isFile() !== true)
					throw new UsageError(`${dir}: no case, it has no ${name}`);
		// cases of one name write to one folder: the last of them stays
		const threads = new Set(dirs.map(caseName)).size < dirs.length ? 1 : jobs;
		let status = 0;
		for await (const report of reports(
			dirs.map((dir) => ({ dir, root, settings })),
			threads,
		)) {
			io.err(report.err);
			io.out(report.out);
			status = Math.max(status, report.status);
		}
		return status;
	},
};

/** What is said of each case, in order. */
async function* reports(cases: readonly CaseJob[], threads: number): AsyncGenerator<CaseReport> {
	if (threads === 1) {
		for (const one of cases) yield runCaseJob(one);
		return;
	}
	const here = import.meta.url;
	const module = new URL(`./case-job${here.slice(here.lastIndexOf("."))}`, here).href;
	const jobs = cases.map((argument) => ({ module, export: "runCaseJob", argument }));
	for await (const outcome of poolResults(jobs, { threads })) {
		if (outcome.ok) yield outcome.value as CaseReport;
		else {
			const name = caseName(cases[outcome.index].dir);
			yield { out: `${name}: failed\n`, err: `${name}: ${messageOf(outcome.error.cause)}\n`, status: 1 };
		}
	}
}
