/** `pnpm compare:kernel [CASE…]`: this machine's kernel and Hookline do the same case; where do they differ? */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LabError } from "hookline";
import { type Difference, differences } from "./difference.ts";
import { caseName, casesBelow, command, defaultJobs, inParallel, parse } from "./jobs.ts";
import { readCase, readRecording, writeRecording } from "./lab-case.ts";
import { compareCase, emulate, unavailable } from "./live.ts";
import { report } from "./report.ts";
import { OUT } from "./tools.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const OWN = join(ROOT, "test/kernel/cases");
/** Further cases, where they stand beside the checkout. */
const BESIDE = join(ROOT, "../shared/oracle/cases");

const HELP = `pnpm compare:kernel [CASE…] [--jobs N] [--retries N] [--full] [--golden] [--refused] [--out ROOT]

Each CASE (default: all of test/kernel/cases, and ../shared/oracle/cases where there is such a folder) is recorded live on this
machine's kernel and run in Hookline; frames must agree port by port and byte by byte, and the final state line by line. What the
case's golden/random.json names is excused; a case without one excuses what changes with Hookline's seed. The first differing
frame is shown, kernel | hookline, with the names of the fields that differ. Both recordings stay in ROOT/CASE/{kernel,hookline}.
  --jobs N      cases at a time, default 1 per CPU
  --retries N   record a case that differs again, N times at most: a busy kernel's timers come late; default 2
  --full        listen as long as settle_ms says; default: until the kernel is quiet
  --golden      no kernel: compare with the golden recordings, as is done (and said) where nothing can be recorded
  --refused     exit status 0 also when Hookline refused a lab, with its error
  --out ROOT    default out/kernel
Exit status: 0 all agree; 1 some differ; 2 some could not be run, or wrong use.
`;

/** "late": the case depends on how fast the kernel is asked, and a busy machine is not fast. */
const OUTCOMES = {
	agree: "agree",
	differ: "DIFFER",
	late: "DIFFER, but the case is timed: not counted",
} as const;

interface Settings {
	readonly live: boolean;
	readonly retries: number;
	readonly full: boolean;
	readonly out: string;
}
interface Verdict {
	readonly found: readonly Difference[];
	readonly note: string;
}

async function judge(dir: string, settings: Settings): Promise<Verdict> {
	const lab = readCase(dir);
	const golden = readRecording(join(dir, "golden"));
	if (!settings.live) {
		if (golden === undefined) throw new Error("no golden recording to compare with");
		return { found: differences(golden, emulate(lab)), note: "" };
	}
	const result = await compareCase(lab, {
		cwd: dir,
		retries: settings.retries,
		settle: settings.full ? "full" : "early",
		random: golden?.random ?? "seeds",
		goldenState: golden?.stateText,
	});
	const to = join(settings.out, caseName(dir));
	writeRecording(join(to, "kernel"), result.kernel);
	writeRecording(join(to, "hookline"), result.hookline);
	return {
		found: result.differences,
		note: result.retried ? ` RETRIED (${result.runs} runs on the kernel)` : "",
	};
}

/** Without those that stand in two places and are the same. */
function defaultCases(): string[] {
	const text = (dir: string): string =>
		["lab.sh", "case.json"].map((f) => readFileSync(join(dir, f), "utf8")).join("\0");
	const own = casesBelow(OWN);
	const known = new Set(own.map((d) => `${caseName(d)}\0${text(d)}`));
	return [...own, ...casesBelow(BESIDE).filter((d) => !known.has(`${caseName(d)}\0${text(d)}`))];
}

await command(async () => {
	const args = parse({
		retries: { type: "string" },
		full: { type: "boolean" },
		golden: { type: "boolean" },
		refused: { type: "boolean" },
		out: { type: "string" },
	});
	if (args.values["help"] === true) {
		process.stdout.write(HELP);
		return 0;
	}
	const why = args.values["golden"] === true ? ["--golden was asked for"] : unavailable();
	const settings: Settings = {
		live: why.length === 0,
		retries: args.count("retries", 0, 2),
		full: args.values["full"] === true,
		out: String(args.values["out"] ?? join(OUT, "kernel")),
	};
	if (!settings.live)
		process.stdout.write(
			`NOT LIVE: this machine's kernel is not asked, the stored recordings are compared instead:\n${why.map((w) => `  ${w}\n`).join("")}`,
		);
	const dirs = args.positionals.length > 0 ? args.positionals : defaultCases();
	const started = Date.now();
	const count = { agree: 0, differ: 0, late: 0, refused: 0, failed: 0, retried: 0 };
	let done = 0;
	await inParallel(dirs, args.count("jobs", 1, defaultJobs()), async (dir) => {
		const began = Date.now();
		let text = "";
		let more = "";
		try {
			const { found, note } = await judge(dir, settings);
			if (note !== "") count.retried++;
			const outcome =
				found.length === 0 ? "agree" : readCase(dir).caseJson.timed === true ? "late" : "differ";
			count[outcome]++;
			text = OUTCOMES[outcome] + note;
			more = report(found);
		} catch (e) {
			const refused = e instanceof LabError;
			count[refused ? "refused" : "failed"]++;
			text = refused ? `NOT RUN, Hookline refuses it: ${e}` : `FAILED: ${(e as Error).message}`;
		}
		done++;
		process.stdout.write(
			`[${done}/${dirs.length}] ${caseName(dir)}: ${text}, ${((Date.now() - began) / 1000).toFixed(1)} s\n${more}`,
		);
	});
	process.stdout.write(
		`${dirs.length} cases ${settings.live ? "live on the kernel" : "against stored recordings"}: ${count.agree} agree, ` +
			`${count.differ} differ, ${count.late} differ that are timed, ${count.refused} refused, ${count.failed} failed, ${count.retried} needed a retry; ` +
			`${((Date.now() - started) / 1000).toFixed(0)} s\n`,
	);
	if (count.differ > 0) return 1;
	return count.failed > 0 || (count.refused > 0 && args.values["refused"] !== true) ? 2 : 0;
});
