/** One measurement, in the process that it is called in: build the lab, warm up, check, then time a fixed number of frames. */
import { PerformanceObserver } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { FlowMode } from "@hookline/engine/flow/cache";
import { DELIVERED } from "@hookline/engine/frame/delivery";
import { checksum, pseudoSum4 } from "@hookline/engine/wire/checksum";
import * as ipv4 from "@hookline/engine/wire/ipv4";
import { Lab } from "hookline";
import { type Path, pathNamed } from "./labs.ts";
import { poison } from "./poison.ts";
import { ip, Source } from "./source.ts";

export interface Job {
	readonly path: string;
	readonly frame: number;
	readonly flows: number;
	/** Frames timed. */
	readonly count: number;
	readonly vector: number;
	/** Default "on". */
	readonly flowCache?: FlowMode;
	/** Rules in FORWARD on each host; the path's own number if absent. */
	readonly rules?: number;
	/** Rare frames come first: fragments, damaged ones, errors, other protocols. */
	readonly poisoned?: boolean;
}
export interface Measurement {
	readonly nsPerPacket: number;
	/** Collections per 10 million frames. */
	readonly gcPer10M: number;
	/** Bytes resident at the end. */
	readonly rss: number;
}

const BURST = 256;
/** Virtual ns that a burst takes on the line: a million frames a second. */
const BURST_NS = BURST * 1000;

/** Throws when a frame is lost, or arrives damaged or out of order. */
export async function measure(job: Job): Promise<Measurement> {
	const path = pathNamed(job.path);
	const lab = new Lab({
		vector: job.vector,
		flowCache: job.flowCache ?? "on",
		err: (t) => process.stderr.write(t),
	});
	for (const ns of lab.machine.all()) ns.conf.nf_conntrack_max = 1_000_000;
	if (lab.run(path.lab(job.rules ?? path.rules), { file: `${path.name}.sh`, errexit: true }) !== 0)
		throw new Error(`the ${path.name} lab failed`);
	if (job.poisoned === true) poison(lab, path);
	/** What rare frames left in queues. */
	const { held } = lab.counters();
	const sink = lab.device(path.sink);
	const source = new Source(lab.device(path.source).dev, path, Math.min(job.frame, path.maxFrame), job.flows);
	const { core } = lab.machine;
	const { pool } = core;

	// every flow once, every frame looked at as it arrives
	let good = 0;
	let arrivals = 0;
	const off = sink.sink((b) => {
		if (frameOk(b, path, source, arrivals++ % job.flows)) good++;
	});
	const first = Math.ceil(Math.max(job.flows, 2 * BURST) / BURST) * BURST;
	const run = (n: number): void => {
		for (let i = 0; i < n; i += BURST) {
			source.burst(BURST);
			core.runUntil(core.clock[0] + BURST_NS);
		}
	};
	run(first);
	off();
	if (good !== first)
		throw new Error(`${first - good} of ${first} frames lost or damaged: ${JSON.stringify(lab.counters())}`);

	sink.absorb();
	run(Math.max(Math.min(300_000, job.count), job.flows * 2));
	// what came before is not to be collected on the way
	collect();
	run(100 * BURST);
	const before = pool.delivered[DELIVERED.sink];
	let collections = 0;
	const observer = new PerformanceObserver((list) => {
		collections += list.getEntries().length;
	});
	observer.observe({ entryTypes: ["gc"] });
	const rounded = Math.ceil(job.count / BURST) * BURST;
	const t0 = process.cpuUsage();
	run(rounded);
	const t1 = process.cpuUsage(t0);
	await new Promise((resolve) => setTimeout(resolve, 20));
	observer.disconnect();
	const arrived = pool.delivered[DELIVERED.sink] - before;
	if (arrived !== rounded)
		throw new Error(`${rounded - arrived} of ${rounded} frames lost: ${JSON.stringify(lab.counters())}`);
	source.close();
	const c = lab.counters();
	if (c.held > held || c.injected + c.generated !== c.delivered + c.dropped + c.held)
		throw new Error(`the frame account is wrong: ${JSON.stringify(c)}`);
	return {
		nsPerPacket: ((t1.user + t1.system) * 1000) / rounded,
		gcPer10M: (collections * 1e7) / rounded,
		rss: process.memoryUsage().rss,
	};
}

/** Header and UDP checksums from scratch, and what the frame of this flow has to have in its headers. */
function frameOk(b: Uint8Array, path: Path, source: Source, flow: number): boolean {
	const view = new DataView(b.buffer, b.byteOffset, b.length);
	if (b.length !== source.length || ipv4.check(view, 14, b.length) !== ipv4.OK) return false;
	const end = 14 + view.getUint16(14 + ipv4.TOT_LEN);
	const pseudo = pseudoSum4(view, 14 + ipv4.SADDR, ipv4.IPPROTO_UDP, end - 34);
	return (
		end === b.length &&
		view.getUint8(14 + ipv4.TTL) === path.ttl &&
		view.getInt32(14 + ipv4.SADDR) === ip(path.arrives.srcIp) &&
		view.getInt32(14 + ipv4.DADDR) === ip(path.arrives.dstIp) &&
		view.getUint16(34) === source.sport[flow] &&
		view.getUint16(36) === source.dport[flow] &&
		view.getUint16(40) !== 0 &&
		checksum(view, 34, end, pseudo) === 0
	);
}
/** Collect all garbage there is. */
function collect(): void {
	setFlagsFromString("--expose-gc");
	(runInNewContext("gc") as () => void)();
}
