/** The peer `c`: the same steps over the same bytes as tight C (c/main.c), compiled here for this processor. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, runPinned } from "../throughput/child.ts";
import { compile, hasCompiler } from "./compile.ts";
import { missingPeer, type Peer, type PeerJob } from "./peer.ts";

/** The largest frame that the program takes. */
const LONGEST = 1514;

export interface TightC extends Peer {
	/** What arrives at the sink and what crosses the wire between the hosts: one frame of each flow, in the order sent. */
	frames(job: PeerJob): Promise<{ sink: Uint8Array[]; wire: Uint8Array[] }>;
	/** A measurement of a given number of frames. */
	measureCount(job: PeerJob, count: number): Promise<number>;
}

/** Compiles; undefined where there is no compiler. */
export async function tightC(): Promise<TightC | undefined> {
	if (!hasCompiler()) return undefined;
	const dir = mkdtempSync(join(tmpdir(), "hookline-c-"));
	const program = join(dir, "forward");
	const remove = () => rmSync(dir, { recursive: true, force: true });
	try {
		await compile("c/main.c", program);
	} catch (error) {
		remove();
		throw error;
	}
	const argv = (job: PeerJob, count: number): string[] => [
		program,
		job.path.name,
		String(job.frame),
		String(job.flows),
		String(count),
		String(Math.max(1, job.rules)),
		job.path.srcIp,
		job.path.dstIp,
	];
	const measureCount = async (job: PeerJob, count: number) =>
		parseTightC(await runPinned("tight C", argv(job, count)));
	return {
		name: "c",
		missing: undefined,
		remove,
		refuses: (job) =>
			job.frame > LONGEST
				? `frames of up to ${LONGEST} bytes`
				: job.flows > 1_000_000
					? "up to 1,000,000 flows"
					: undefined,
		measureCount,
		measure: async (job) => ({
			ns: await measureCount(job, job.flows >= 100_000 ? 4_000_000 : 10_000_000),
		}),
		async frames(job) {
			const sink = join(dir, "sink");
			const wire = join(dir, "wire");
			await run("tight C", [...argv(job, 0), sink, wire]);
			return { sink: records(readFileSync(sink)), wire: records(readFileSync(wire)) };
		},
	};
}
export async function tightCPeer(): Promise<Peer> {
	return (await tightC()) ?? missingPeer("c", "there is no C compiler (cc)");
}

/** ns a packet from the program's line. */
export function parseTightC(text: string): number {
	const { nsPerPacket } = JSON.parse(text) as { nsPerPacket?: unknown };
	if (typeof nsPerPacket !== "number" || !(nsPerPacket > 0))
		throw new Error(`tight C: no figure in ${JSON.stringify(text)}`);
	return nsPerPacket;
}

/** Length as a little-endian 32-bit word, then so many bytes, again and again. */
function records(file: Uint8Array): Uint8Array[] {
	const view = new DataView(file.buffer, file.byteOffset, file.length);
	const out: Uint8Array[] = [];
	for (let at = 0; at < file.length; ) {
		const length = view.getUint32(at, true);
		out.push(Uint8Array.from(file.subarray(at + 4, at + 4 + length)));
		at += 4 + length;
	}
	return out;
}
