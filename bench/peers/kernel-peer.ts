/**
 * The peer `kernel`: the same lab file, run by sh in fresh namespaces of this machine, and the same frames sent by system calls
 * on one core (kernel/measure.sh, kernel/flood.c). Needs root.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { release, tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { measuringCore, run, works } from "../throughput/child.ts";
import { compile, hasCompiler, sourceFile } from "./compile.ts";
import { missingPeer, type Peer, type PeerFigure } from "./peer.ts";

const COUNT = 200_000;
/** Each is a process that reads the whole table: a thousand of them take longer than the measurement. */
const MOST_RULES = 100;
/** `nf_conntrack_max`: one value for the whole machine, which is not ours to change. */
const CONNTRACK_MAX = "/proc/sys/net/netfilter/nf_conntrack_max";

export async function kernelPeer(): Promise<Peer> {
	const why = obstacle();
	if (why !== undefined) return missingPeer("kernel", why);
	const dir = mkdtempSync(join(tmpdir(), "hookline-kernel-"));
	const flood = join(dir, "flood");
	const remove = () => rmSync(dir, { recursive: true, force: true });
	try {
		await compile("kernel/flood.c", flood);
	} catch (error) {
		remove();
		throw error;
	}
	const apart = interruptsApart();
	return {
		name: "kernel",
		missing: undefined,
		remove,
		refuses: (job) => {
			const most = connections();
			if (job.path.name === "nat" && job.flows > 0.9 * most)
				return `${job.flows} flows do not fit into this machine's nf_conntrack_max of ${most}`;
			return job.rules > MOST_RULES
				? `up to ${MOST_RULES} rules: iptables adds one after the other`
				: undefined;
		},
		async measure({ path, frame, flows, rules }) {
			const lab = join(dir, "lab.sh");
			writeFileSync(lab, path.lab(rules));
			const words = [flood, lab, ...path.source.split(":"), ...path.sink.split(":"), measuringCore() ?? 0];
			words.push(COUNT, frame, flows, path.ttl, path.dstMac, path.srcIp, path.dstIp);
			const what = `kernel, ${path.name}, ${frame} bytes, ${flows} flows`;
			const text = await run(what, ["sh", sourceFile("kernel/measure.sh"), ...words.map(String)], 300);
			return parseKernel(text, apart);
		},
	};
}

function obstacle(): string | undefined {
	if (process.platform !== "linux") return "this is no Linux";
	if (process.getuid?.() !== 0) return "needs root: the lab is built on this machine's kernel";
	if (!hasCompiler()) return "there is no C compiler (cc) for the sender";
	if (!works(["unshare", "-n", "-m", "true"])) return "unshare cannot make a network namespace here";
	for (const tool of [
		["ip", "-V"],
		["bridge", "-V"],
		["iptables", "-V"],
	])
		if (!works(tool)) return `${tool[0]} is not installed`;
	if (measuringCore() === undefined) return "taskset cannot bind a process to a core here";
	return undefined;
}
function connections(): number {
	try {
		return Number(readFileSync(CONNTRACK_MAX, "utf8"));
	} catch {
		return Number.POSITIVE_INFINITY;
	}
}

/** CONFIG_IRQ_TIME_ACCOUNTING, as far as the kernel's configuration can be read. */
function interruptsApart(): boolean {
	const read = [
		() => gunzipSync(readFileSync("/proc/config.gz")).toString(),
		() => readFileSync(`/boot/config-${release()}`, "utf8"),
	];
	for (const text of read)
		try {
			return text().includes("\nCONFIG_IRQ_TIME_ACCOUNTING=y");
		} catch {
			// the next place
		}
	return false;
}

interface Sent {
	readonly sent: number;
	readonly processNs: number;
	readonly softirqNs: number;
	readonly interruptNs: number;
}
/**
 * The four lines of measure.sh: first pass, sender into a device that goes nowhere, measurement, what the sink counted. Throws
 * when a frame got lost. The sink counts anything, so a few frames of neighbour discovery may come on top. `interruptsApart`: the
 * kernel does not count softirqs with the process that they interrupt.
 */
export function parseKernel(text: string, interruptsApart = false): PeerFigure {
	const lines = text.trim().split("\n");
	if (lines.length !== 4) throw new Error(`kernel: four lines expected, not ${JSON.stringify(text)}`);
	const sender = JSON.parse(lines[1]) as Sent;
	const all = JSON.parse(lines[2]) as Sent;
	const { counted } = JSON.parse(lines[3]) as { counted: number };
	if (counted < all.sent) throw new Error(`kernel: ${all.sent - counted} of ${all.sent} frames lost`);
	// where they are apart, what ksoftirqd does is among the softirqs, too
	const ns = (s: Sent): number =>
		(s.processNs + (interruptsApart ? Math.max(s.interruptNs, s.softirqNs) : s.softirqNs)) / s.sent;
	return { ns: ns(all), senderNs: ns(sender) };
}
