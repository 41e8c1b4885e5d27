/** The peer `ovs`: Open vSwitch's user-space datapath, one polling thread, frames from memory (ovs/measure.sh). Needs root and the Debian packages. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measuringCore, run, works } from "../throughput/child.ts";
import { sourceFile } from "./compile.ts";
import { framesAsPcap } from "./flow-capture.ts";
import { missingPeer, type Peer, type PeerFigure } from "./peer.ts";

const DAEMON = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk";
const PACKAGES = "openvswitch-switch-dpdk librte-net-pcap23 librte-net-null23 librte-mempool-ring23";
const SECONDS = 2;

export function ovsPeer(): Peer {
	const why = obstacle();
	if (why !== undefined) return missingPeer("ovs", why);
	const dir = mkdtempSync(join(tmpdir(), "hookline-ovs-"));
	return {
		name: "ovs",
		missing: undefined,
		remove: () => rmSync(dir, { recursive: true, force: true }),
		refuses: (job) =>
			job.rules > job.path.rules
				? "its pipeline has no rules"
				: job.flows > 200_000
					? "up to 200,000 flows"
					: undefined,
		async measure({ path, frame, flows }) {
			const capture = join(dir, "frames.pcap");
			writeFileSync(capture, framesAsPcap(path, frame, flows));
			const words = [DAEMON, path.name, capture, measuringCore() ?? 0, SECONDS, path.dstMac];
			const what = `ovs, ${path.name}, ${frame} bytes, ${flows} flows`;
			return parseOvs(await run(what, ["sh", sourceFile("ovs/measure.sh"), ...words.map(String)], 120));
		},
	};
}

function obstacle(): string | undefined {
	if (process.platform !== "linux") return "this is no Linux";
	if (!existsSync(DAEMON)) return `Open vSwitch is not installed (Debian: ${PACKAGES})`;
	if (process.getuid?.() !== 0) return "needs root: Open vSwitch runs in a namespace of its own";
	if (!works(["unshare", "-n", "-m", "true"])) return "unshare cannot make a network namespace here";
	if (measuringCore() === undefined) return "taskset cannot bind a process to a core here";
	return undefined;
}

/** measure.sh's line. Throws when less than 99.9 % of the packets that came in went out. */
export function parseOvs(text: string): PeerFigure {
	const { received, sent, busyNs } = JSON.parse(text) as { received: number; sent: number; busyNs: number };
	if (!(received > 0)) throw new Error("ovs: no packet was received");
	// the two counts are read one after the other
	if (sent < 0.99 * received) throw new Error(`ovs: ${received - sent} of ${received} packets lost`);
	return { ns: busyNs / received };
}
