/** `pnpm record:kernel CASE…`: write what this machine's kernel does with a case. */
import { join } from "node:path";
import { caseName, command, defaultJobs, inParallel, parse, UsageError } from "./jobs.ts";
import { readCase, writeRecording } from "./lab-case.ts";
import { recordLive, unavailable } from "./live.ts";

const HELP = `pnpm record:kernel CASE… [--runs N] [--jobs N] [--out NAME | --to ROOT]

CASE is a folder with lab.sh, case.json and in/*.pcap. Each is run N times on this machine's kernel, in private namespaces that
vanish with it, and the result goes to CASE/golden: NETNS.DEV.{rx,tx}.pcap, state.txt, and random.json, the fields in which the
runs differ because the kernel draws them. Any other difference between runs makes a case UNSTABLE: nothing is written.
  --runs N     default 3; with 1, random.json is empty
  --jobs N     cases at a time, default 1 per CPU
  --out NAME   CASE/NAME in place of CASE/golden
  --to ROOT    ROOT/CASE
Needs root, and the tools that it names when they are missing. Exit status: 0 all recorded; 1 some were not; 2 wrong use, or
nothing can be recorded here.
`;

await command(async () => {
	const args = parse({
		runs: { type: "string" },
		out: { type: "string" },
		to: { type: "string" },
	});
	if (args.values["help"] === true) {
		process.stdout.write(HELP);
		return 0;
	}
	const runs = args.count("runs", 1, 3);
	const jobs = args.count("jobs", 1, defaultJobs());
	const { out, to } = args.values as { out?: string; to?: string };
	if (out !== undefined && to !== undefined) throw new UsageError("--out and --to: expected one of them");
	if (args.positionals.length === 0) throw new UsageError("expected a CASE");
	const why = unavailable();
	if (why.length > 0)
		throw new Error(`nothing can be recorded here:\n${why.map((w) => `  ${w}\n`).join("")}`);
	let failed = 0;
	await inParallel(args.positionals, jobs, async (dir) => {
		const name = caseName(dir);
		const line = (text: string): unknown => process.stdout.write(`${name.padEnd(28)} ${text}\n`);
		try {
			const lab = readCase(dir);
			const recording = await recordLive(lab, { runs, cwd: dir });
			const frames = [...recording.captures.values()].reduce((n, f) => n + f.length, 0);
			const drawn = Object.values(recording.random).reduce((n, f) => n + Object.keys(f).length, 0);
			const stable = recording.unstable.length === 0;
			line(`frames=${frames} random=${drawn} ${stable ? "ok" : "UNSTABLE, not written"}`);
			for (const u of recording.unstable) line(`  ${u}`);
			if (stable) writeRecording(to === undefined ? join(dir, out ?? "golden") : join(to, name), recording);
			else failed++;
		} catch (e) {
			line(`FAILED: ${(e as Error).message}`);
			failed++;
		}
	});
	return failed > 0 ? 1 : 0;
});
