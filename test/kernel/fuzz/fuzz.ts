/** `pnpm fuzz:kernel`: draws labs and traffic, lets this machine's kernel and Hookline do them, and shrinks what differs to a case. */
import { randomInt } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { command, defaultJobs } from "../recorder/jobs.ts";
import { type LabCase, writeCase, writeRecording } from "../recorder/lab-case.ts";
import { type Comparison, compareCase, recordLive, unavailable } from "../recorder/live.ts";
import { report } from "../recorder/report.ts";
import { drawCase } from "./draw-case.ts";
import { ALL_KINDS, checkKinds } from "./labs.ts";
import { LASTING } from "./lasting.ts";
import { shrink } from "./shrink.ts";

const OUT = fileURLToPath(new URL("../../../out/fuzz/", import.meta.url));
const HELP = `pnpm fuzz:kernel [--seed N] [--minutes M] [--labs N] [--jobs N] [--out DIR] [--kinds LIST] [--no-shrink] [--warn]

Each seed is a lab and its traffic: bridges, routers, hosts behind NAT, VXLAN meshes, macvlans, rule sets, with IPv4 or IPv6; flows,
errors, fragments, clashes, broken frames; spaced or back to back; every second IPv4 lab changes on the way: links, addresses, routes,
rules, settings. This machine's kernel and Hookline both do it. A difference that is still there after three more runs on the kernel is
shrunk to few frames and lines and written as a case to DIR/SEED.
  --seed N      first seed (then N+1, …); default: drawn, and printed
  --minutes M   begin no new lab after M minutes; default 3
  --labs N      stop after N labs
  --jobs N      labs at a time, default 2 per CPU
  --kinds LIST  only these kinds of labs, with commas: bridge, ports (its settings), router, policy (routing), arp, nat, nat2 (two hosts
                in a row), mangle (all tables, matches, targets), macvlan, vxlan; of IPv6: bridge6, bridge6nat, router6, nat66,
                mangle6, vxlan6; only when named: lasting (seconds of real time each). A seed means another lab with another list
  --out DIR     default out/fuzz
  --no-shrink   write the case as it was drawn
  --warn        exit status 0 also when something differs
Exit status: 0 all agree; 1 some differ; 2 nothing could be run, or wrong use.
`;

interface Tally {
	labs: number;
	frames: number;
	bursts: number;
	readonly kinds: Map<string, number>;
	readonly differing: number[];
	/** Labs that the kernel or Hookline refused: the generator's fault, or a gap of ours. */
	readonly refused: Map<string, number[]>;
}

await command(async () => {
	const args = parseArgs({
		options: {
			seed: { type: "string" },
			minutes: { type: "string", default: "3" },
			labs: { type: "string" },
			jobs: { type: "string" },
			out: { type: "string", default: OUT },
			kinds: { type: "string", default: ALL_KINDS.join(",") },
			"no-shrink": { type: "boolean", default: false },
			warn: { type: "boolean", default: false },
			help: { type: "boolean", short: "h", default: false },
		},
	}).values;
	if (args.help) {
		process.stdout.write(HELP);
		return 0;
	}
	const why = unavailable();
	if (why.length > 0) {
		process.stderr.write(`fuzz:kernel: SKIPPED, nothing can be recorded here: ${why.join("; ")}\n`);
		return 2;
	}
	const number = (name: "seed" | "minutes" | "labs" | "jobs"): number | undefined => {
		const text = args[name];
		if (text === undefined) return undefined;
		const value = Number(text);
		if (text.trim() === "" || !Number.isFinite(value) || value < 0)
			throw new Error(`--${name}: a number is expected, not "${text}"`);
		return value;
	};
	const first = number("seed") ?? randomInt(1, 2 ** 31);
	const until = Date.now() + (number("minutes") ?? 3) * 60_000;
	const most = number("labs") ?? Number.POSITIVE_INFINITY;
	const tally: Tally = {
		labs: 0,
		frames: 0,
		bursts: 0,
		kinds: new Map(),
		differing: [],
		refused: new Map(),
	};
	const kinds = args.kinds.split(",");
	checkKinds(kinds.filter((kind) => kind !== LASTING));
	process.stdout.write(`seeds from ${first} on\n`);
	let next = 0;
	const worker = async (): Promise<void> => {
		while (next < most && Date.now() < until) {
			const seed = first + next++;
			await oneSeed(seed, kinds, args.out, !args["no-shrink"], tally);
			progress(tally);
		}
	};
	await Promise.all(Array.from({ length: number("jobs") ?? 2 * defaultJobs() }, worker));
	process.stderr.write("\n");
	process.stdout.write(summary(tally));
	if (tally.labs === 0) return 2;
	// a lab that the kernel itself does not take is the drawing's fault, and no difference
	const refused = [...tally.refused.keys()].some((why) => !why.startsWith("lab.sh failed"));
	return (tally.differing.length > 0 || refused) && !args.warn ? 1 : 0;
});

async function oneSeed(
	seed: number,
	kinds: readonly string[],
	out: string,
	small: boolean,
	tally: Tally,
): Promise<void> {
	const drawn = drawCase(seed, kinds);
	tally.kinds.set(drawn.kind, (tally.kinds.get(drawn.kind) ?? 0) + 1);
	if (drawn.burst) tally.bursts++;
	try {
		const result = await compareCase(drawn);
		tally.labs++;
		for (const frames of result.kernel.captures.values()) tally.frames += frames.length;
		if (result.equal) return;
		const sure = await compareCase(drawn, { random: "kernel", retries: 2 });
		if (sure.equal) return;
		tally.differing.push(seed);
		await keep(drawn, sure, join(out, String(seed)), small);
	} catch (e) {
		const text = e instanceof Error ? e.message : String(e);
		const kind = text
			.replace(/^fuzz-\d+\S*:? ?/, "")
			.replace(/:\d+:/, ":")
			.slice(0, 160);
		tally.refused.set(kind, [...(tally.refused.get(kind) ?? []), seed]);
	}
}
/** Shrink, record properly, write the case and what differs. */
async function keep(drawn: LabCase, first: Comparison, dir: string, small: boolean): Promise<void> {
	let lab = drawn;
	let result = first;
	if (small) {
		const kind = kindOf(first);
		lab = await shrink(
			drawn,
			async (candidate) => {
				try {
					const c = await compareCase(candidate, { retries: 1 });
					return kindOf(c) === kind;
				} catch {
					return false;
				}
			},
			120,
		);
		const again = await compareCase(lab, { random: "kernel" });
		if (again.equal) lab = drawn;
		else result = again;
	}
	mkdirSync(dir, { recursive: true });
	writeCase(dir, lab);
	writeRecording(join(dir, "golden"), await recordLive(lab, { runs: 3, settle: "full" }));
	writeFileSync(join(dir, "difference.txt"), report(result.differences));
	process.stderr.write("\n");
	process.stdout.write(
		`seed ${first.name.replace("fuzz-", "")}: DIFFERS, ${dir}\n${report(result.differences)}`,
	);
}

/** What differs, so that shrinking does not wander off to another difference. */
function kindOf({ differences }: Comparison): string {
	const first = differences[0];
	if (first === undefined) return "none";
	if (first.kind === "state") return first.section.replace(/^.*: /, "");
	const which =
		first.kernel === undefined ? "hookline alone" : first.hookline === undefined ? "kernel alone" : "bytes";
	const bytes = (first.kernel ?? first.hookline)!.bytes;
	return `${which} ${bytes[12]} ${bytes[13]} ${bytes[23]} ${first.port.slice(-2)}`;
}

function progress(t: Tally): void {
	if (!process.stderr.isTTY && t.labs % 50 !== 0) return;
	process.stderr.write(`\r${t.labs} labs, ${t.frames} frames, ${t.differing.length} differ `);
}
function summary(t: Tally): string {
	const kinds = [...t.kinds].map(([k, n]) => `${k} ${n}`).join(", ");
	let s = `${t.labs} labs (${kinds}; ${t.bursts} bursts), ${t.frames} frames: ${t.differing.length} differ`;
	if (t.differing.length > 0) s += ` (seeds ${t.differing.join(" ")})`;
	s += "\n";
	for (const [why, seeds] of t.refused) s += `could not run ${seeds.length} (seed ${seeds[0]}): ${why}\n`;
	return s;
}
