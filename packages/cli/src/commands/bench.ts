/** `hookline bench`: throughput of the canonical paths and of other scenarios. */
import type { PeerName } from "@hookline/bench/peers/peer";
import type { BenchOptions } from "@hookline/bench/throughput/main";
import type { Command } from "../command.ts";
import { Failure, messageOf, UsageError } from "../errors.ts";
import { Progress } from "../io/progress.ts";
import { parse, wholeNumber } from "../options.ts";

/** Measured where nothing else is asked for. */
const PATHS = ["bridge", "nat", "vxlan"];
const PEERS: readonly PeerName[] = ["kernel", "c", "ovs"];
const STARTS = "20";

export const bench: Command = {
	name: "bench",
	usage:
		"[--path bridge,nat,vxlan|all|NAME,…] [--frame 64,1500] [--flows 1,1000,100000] [--rules N,…] [--runs N] [--vector N] [--flow-cache on|off] [--json FILE] [--against kernel,c,ovs] [--steady [N]]",
	about: "throughput of container paths, in CPU time, and of others beside it",
	help: `  --path P,…      bridge, nat, vxlan (default: these three), or a scenario beside them, or all
  --frame N,…     bytes of a frame (default 64,1500)
  --flows N,…     flows at once (default 1,1000,100000)
  --rules N,…     FORWARD rules on each host of nat, the last one matches (default 10)
  --runs N        process starts for each figure (default 5)
  --vector N      frames handled in one visit, 1 to 256
  --flow-cache F  on (default) or off: every packet goes the long way
  --json FILE     also write the rows as JSON
  --against P,…   measure others in turn with us: kernel (this machine's, root), c (the same steps as
                  tight C), ovs (Open vSwitch in user space, root)
  --steady [N]    N process starts (default 20) of ours, of ours after rare frames and of C in turn: does
                  one start differ from another? Takes --path, the first of --frame and of --flows
`,
	async run(args, io) {
		const { values, positionals } = parse(withStarts(args), {
			path: { type: "string" },
			frame: { type: "string" },
			flows: { type: "string" },
			rules: { type: "string" },
			runs: { type: "string" },
			vector: { type: "string" },
			"flow-cache": { type: "string" },
			json: { type: "string" },
			against: { type: "string" },
			steady: { type: "string" },
		});
		if (positionals.length > 0) throw new UsageError(`unexpected argument "${positionals[0]}"`);
		const runs = wholeNumber("runs", values.runs, 1, 1000);
		const vector = wholeNumber("vector", values.vector, 1, 256);
		const flowCache = words("flow-cache", values["flow-cache"], ["on", "off"] as const)?.[0];
		const rules = numbers("rules", values.rules, 1, 60_000);
		const against = words("against", values.against, PEERS);
		const starts = wholeNumber("steady", values.steady, 1, 1000);
		const progress = new Progress(io);
		const options: BenchOptions = {
			paths: values.path?.split(",") ?? PATHS,
			frames: numbers("frame", values.frame, 60, 65_535) ?? [64, 1500],
			flows: numbers("flows", values.flows, 1, 10_000_000) ?? [1, 1000, 100_000],
			...(rules === undefined ? {} : { rules }),
			...(against === undefined ? {} : { against }),
			...(runs === undefined ? {} : { runs }),
			...(vector === undefined ? {} : { vector }),
			...(flowCache === undefined ? {} : { flowCache }),
			...(values.json === undefined ? {} : { json: values.json }),
			out: (text) => {
				progress.end();
				io.out(text);
			},
			progress: (done) => progress.update(done, 1, "of the process starts"),
		};
		const { runBench, runSteady } = await load();
		try {
			if (starts === undefined) return await runBench(options);
			const { paths, frames, flows, out, progress: onProgress } = options;
			return await runSteady({
				paths,
				frame: frames[0],
				flows: values.flows === undefined ? 1000 : flows[0],
				starts,
				...(out === undefined ? {} : { out }),
				...(onProgress === undefined ? {} : { progress: onProgress }),
			});
		} catch (error) {
			if (error instanceof RangeError) throw new UsageError(`--path: ${error.message}`);
			throw error;
		} finally {
			progress.end();
		}
	},
};

/** The harness compiles its worker, so only the checkout has all that it needs; it is loaded when asked for. */
async function load(): Promise<
	typeof import("@hookline/bench/throughput/main") & typeof import("@hookline/bench/peers/steady")
> {
	try {
		return {
			...(await import("@hookline/bench/throughput/main")),
			...(await import("@hookline/bench/peers/steady")),
		};
	} catch (error) {
		throw new Failure(`the throughput harness cannot be loaded: ${messageOf(error).split("\n")[0]}`);
	}
}

/** `--steady` may stand without its number. */
function withStarts(args: readonly string[]): string[] {
	return args.flatMap((word, i) =>
		word === "--steady" && !/^\d+$/.test(args[i + 1] ?? "") ? [word, STARTS] : [word],
	);
}

function words<W extends string>(
	name: string,
	text: string | undefined,
	known: readonly W[],
): W[] | undefined {
	return text?.split(",").map((word) => {
		const found = known.find((k) => k === word);
		if (found === undefined) throw new UsageError(`--${name} ${word}: expected some of ${known.join(",")}`);
		return found;
	});
}

function numbers(name: string, text: string | undefined, min: number, max: number): number[] | undefined {
	return text?.split(",").map((word) => {
		const n = Number(word);
		if (!/^\d+$/.test(word) || n < min || n > max)
			throw new UsageError(`--${name} ${word}: expected whole numbers of ${min} to ${max}`);
		return n;
	});
}
