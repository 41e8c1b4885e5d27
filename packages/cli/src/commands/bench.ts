/** `hookline bench`: throughput of the canonical paths. */
import type { BenchOptions } from "@hookline/bench/throughput/main";
import type { Command } from "../command.ts";
import { Failure, messageOf, UsageError } from "../errors.ts";
import { Progress } from "../io/progress.ts";
import { parse, wholeNumber } from "../options.ts";

const PATHS = ["bridge", "nat", "vxlan"];

export const bench: Command = {
	name: "bench",
	usage:
		"[--path bridge,nat,vxlan] [--frame 64,1500] [--flows 1,1000,100000] [--runs N] [--vector N] [--json FILE]",
	about: "throughput of container paths, in CPU time",
	help: `  --path P,…      bridge, nat, vxlan (default: all)
  --frame N,…     bytes of a frame (default 64,1500)
  --flows N,…     flows at once (default 1,1000,100000)
  --runs N        process starts for each figure (default 5)
  --vector N      frames handled in one visit, 1 to 256
  --json FILE     also write the rows as JSON
`,
	async run(args, io) {
		const { values, positionals } = parse(args, {
			path: { type: "string" },
			frame: { type: "string" },
			flows: { type: "string" },
			runs: { type: "string" },
			vector: { type: "string" },
			json: { type: "string" },
			against: { type: "string" },
		});
		if (positionals.length > 0) throw new UsageError(`unexpected argument "${positionals[0]}"`);
		if (values.against !== undefined) throw new UsageError("--against is not built yet");
		const runs = wholeNumber("runs", values.runs, 1, 1000);
		const vector = wholeNumber("vector", values.vector, 1, 256);
		const progress = new Progress(io);
		const options: BenchOptions = {
			paths: words("path", values.path, PATHS) ?? PATHS,
			frames: numbers("frame", values.frame, 60, 65_535) ?? [64, 1500],
			flows: numbers("flows", values.flows, 1, 10_000_000) ?? [1, 1000, 100_000],
			...(runs === undefined ? {} : { runs }),
			...(vector === undefined ? {} : { vector }),
			...(values.json === undefined ? {} : { json: values.json }),
			out: (text) => {
				progress.end();
				io.out(text);
			},
			progress: (done) => progress.update(done, 1, "of the process starts"),
		};
		const { runBench } = await load();
		try {
			return await runBench(options);
		} finally {
			progress.end();
		}
	},
};

/** The harness compiles its worker, so only the checkout has all that it needs; it is loaded when asked for. */
async function load(): Promise<typeof import("@hookline/bench/throughput/main")> {
	try {
		return await import("@hookline/bench/throughput/main");
	} catch (error) {
		throw new Failure(`the throughput harness cannot be loaded: ${messageOf(error).split("\n")[0]}`);
	}
}

function words(name: string, text: string | undefined, known: readonly string[]): string[] | undefined {
	const list = text?.split(",");
	for (const word of list ?? [])
		if (!known.includes(word)) throw new UsageError(`--${name} ${word}: expected some of ${known.join(",")}`);
	return list;
}

function numbers(name: string, text: string | undefined, min: number, max: number): number[] | undefined {
	return text?.split(",").map((word) => {
		const n = Number(word);
		if (!/^\d+$/.test(word) || n < min || n > max)
			throw new UsageError(`--${name} ${word}: expected whole numbers of ${min} to ${max}`);
		return n;
	});
}
