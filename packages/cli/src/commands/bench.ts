/** `hookline bench`: throughput of the canonical paths. */
import type { Command } from "../command.ts";
import { Failure, messageOf, UsageError } from "../errors.ts";
import { parse } from "../options.ts";

/** What the throughput harness takes. */
export interface BenchOptions {
	readonly paths: readonly string[];
	readonly frames: readonly number[];
	readonly flows: readonly number[];
	readonly json?: string;
	readonly against?: readonly string[];
}

const PATHS = ["bridge", "nat", "vxlan"];
const PEERS = ["kernel", "c", "ovs"];
const HARNESS = "@hookline/bench/throughput/main";

export const bench: Command = {
	name: "bench",
	usage:
		"[--path bridge,nat,vxlan] [--frame 64,1500] [--flows 1,1000,100000] [--json FILE] [--against kernel,c,ovs]",
	about: "throughput of container paths, in CPU time",
	help: `  --path P,…      bridge, nat, vxlan (default: all)
  --frame N,…     bytes of a frame (default 64,1500)
  --flows N,…     flows at once (default 1,1000,100000)
  --json FILE     also write the rows as JSON
  --against P,…   run beside: kernel, c, ovs
`,
	async run(args) {
		const { values, positionals } = parse(args, {
			path: { type: "string" },
			frame: { type: "string" },
			flows: { type: "string" },
			json: { type: "string" },
			against: { type: "string" },
		});
		if (positionals.length > 0) throw new UsageError(`unexpected argument "${positionals[0]}"`);
		const options: BenchOptions = {
			paths: words("path", values.path, PATHS) ?? PATHS,
			frames: numbers("frame", values.frame, 60, 65_535) ?? [64, 1500],
			flows: numbers("flows", values.flows, 1, 10_000_000) ?? [1, 1000, 100_000],
			...(values.json === undefined ? {} : { json: values.json }),
			...(values.against === undefined ? {} : { against: words("against", values.against, PEERS) }),
		};
		const harness = await load();
		return harness.runBench(options);
	},
};

async function load(): Promise<{ runBench(options: BenchOptions): Promise<number> }> {
	const name: string = HARNESS;
	try {
		return (await import(name)) as { runBench(options: BenchOptions): Promise<number> };
	} catch (error) {
		throw new Failure(`the throughput harness ${HARNESS} is not here: ${messageOf(error).split("\n")[0]}`);
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
