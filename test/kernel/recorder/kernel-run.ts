/** One run of a case on this machine's kernel, in private namespaces that vanish with it. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { isIpv6 } from "@hookline/linux/address-text";
import { type CaseEntry, caseSteps, portName } from "hookline/case";
import { fixChecksums, swapFrame } from "hookline/reflect";
import { Agent, type PlayStep, type SeenFrame, STEP } from "./agent.ts";
import type { LabCase, TimedFrame } from "./lab-case.ts";
import { stateLines } from "./state.ts";
import { helper, which } from "./tools.ts";

export interface RunOptions {
	/** Where lab.sh runs, for labs that read files of their own; default: an empty folder. */
	readonly cwd?: string;
	/**
	 * "full": listen for the whole settle_ms. "early": stop when nothing was seen for `quietMs` and the kernel asks for no
	 * neighbour, unless the lab turns STP or a multicast querier on, which speak by themselves. Default "full".
	 */
	readonly settle?: "full" | "early";
	/** Default 25, and what the delays of the lab's wires add up to. */
	readonly quietMs?: number;
	/** From the last command to the first frame; default 50. */
	readonly startMs?: number;
	/** Real time after which a run is ended with an error; default its length and 30 s. */
	readonly timeoutMs?: number;
}
export interface KernelRun {
	readonly captures: ReadonlyMap<string, readonly TimedFrame[]>;
	readonly stateText: string;
	/** How long it listened after the last injection, ms. */
	readonly settledMs: number;
	/** When each step of the case was really done, ns since the start. */
	readonly times: readonly number[];
}

const TP_STATUS_CSUMNOTREADY = 8;
const TP_STATUS_VLAN_VALID = 16;
const TP_STATUS_VLAN_TPID_VALID = 64;
const NUD_INCOMPLETE = 0x01;
const NUD_DELAY = 0x08;
const NUD_PROBE = 0x10;

/** Bridges that send frames unasked, `ip link`'s and `brctl`'s way. */
const SPEAKS = /\bstp_state\s+1|\bstp\s+\S+\s+(on|yes|1)\b|\bmcast_querier\s+1|\bsetmcquerier\b/;

/**
 * What a bridge cuts of IPv6 gets the tag of the last IPv4 packet that a bridge cut on this CPU, in whichever namespace
 * (br_nf_dev_queue_xmit): an untagged one makes sure that no other lab's tag is there.
 */
const BRIDGED_IPV6 = /\btype\s+bridge\b|\baddbr\b/;
const FORGET_TAG = `unshare -n sh -c '
ip -batch - <<END
link add br0 type bridge
link add x0 type veth peer name x1
link add y0 type veth peer name y1
link set y1 mtu 600
link set br0 mtu 1500
link set x1 master br0
link set y1 master br0
link set x0 up
link set y0 up
link set x1 up
link set y1 up
link set br0 up
addr add 10.9.0.1/24 dev x0
neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev x0
END
ping -q -c 1 -W 0.01 -s 1000 10.9.0.2' >/dev/null 2>&1 || :`;

export const PARTIAL = "partial checksum completed by the recorder";

/** Throws Error when lab.sh fails (with what it printed), a port does not exist, or the time is over. */
export async function runOnKernel(lab: LabCase, options: RunOptions = {}): Promise<KernelRun> {
	const name = lab.name ?? "lab";
	const { caseJson } = lab;
	const ipv6 = caseJson.ipv6 === true;
	const settleMs = caseJson.settle_ms ?? 300;
	const work = mkdtempSync(join(tmpdir(), "hookline-record-"));
	const { legacy, path } = shims(work);
	const empty = join(work, "cwd");
	mkdirSync(empty);
	writeFileSync(join(work, "lab.sh"), lab.labText);
	const lastNs = Math.max(0, ...caseSteps(files(lab)).map((s) => s.time));
	const agent = new Agent({
		cwd: options.cwd ?? empty,
		ipv6,
		timeoutMs: options.timeoutMs ?? 30_000 + settleMs + lastNs / 1e6,
		env: { PATH: path, HOOKLINE_IP: which("ip")!, HOOKLINE_IPV6: ipv6 ? "1" : "0", LC_ALL: "C" },
	});
	try {
		if (ipv6 && BRIDGED_IPV6.test(lab.labText)) await agent.run(".", FORGET_TAG);
		const status = await agent.run(".", `exec sh -eu '${join(work, "lab.sh")}'`);
		if (status !== 0) throw new Error(`${name}: lab.sh failed with ${status}: ${agent.messages.trim()}`);
		await agent.offloadsOff();
		if (!(await agent.linksUp(3000))) throw new Error(`${name}: a device did not come up within 3 s`);
		await new Promise((r) => setTimeout(r, options.startMs ?? 50));
		const ports = new Ports(lab);
		for (const { netns, dev } of caseJson.observe) await agent.watch(netns, dev);
		const { steps, ofStep } = await prepare(agent, lab);
		const early = options.settle === "early" && settleMs < 30_000 && !SPEAKS.test(lab.labText);
		const warnings = new Set<string>();
		const { listenedNs, times } = await agent.play(
			steps,
			{
				gapNs: (caseJson.gap_us ?? 2000) * 1e3,
				settleNs: settleMs * 1e6,
				quietNs: early ? Math.round(((options.quietMs ?? 25) + wireDelayMs(lab.labText)) * 1e6) : 0,
				neighbourStates: NUD_INCOMPLETE | NUD_PROBE | (settleMs > 4500 ? NUD_DELAY : 0),
			},
			{
				frame: (f) => ports.add(f),
				refused: (i, errno) => warnings.add(refusal(ofStep[i].entry, ofStep[i].number, errno)),
				ask: (i) => ports.reflection(ofStep[i].entry, warnings),
			},
		);
		const namespaces = await namespacesOf(agent, work);
		const state = await stateLines(agent, namespaces, { work, ipv6, legacy });
		for (const w of ports.warnings) warnings.add(w);
		if (warnings.size > 0) state.unshift("== recorder", ...[...warnings].sort());
		const stateText = `${state.join("\n")}\n`;
		return { captures: ports.captures, stateText, settledMs: listenedNs / 1e6, times };
	} finally {
		await agent.close();
		rmSync(work, { recursive: true, force: true });
	}
}

/** `ip` that quiets new namespaces, and the iptables that counts policies, first in PATH. */
function shims(work: string): { legacy: boolean; path: string } {
	const bin = join(work, "bin");
	mkdirSync(bin);
	symlinkSync(helper(), join(bin, "ip"));
	for (const tool of ["iptables", "ip6tables", "arptables"])
		for (const suffix of ["", "-save", "-restore"]) {
			const found = which(`${tool}-legacy${suffix}`);
			if (found !== undefined) symlinkSync(found, join(bin, tool + suffix));
		}
	return {
		legacy: which("iptables-legacy") !== undefined,
		path: `${bin}:${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`,
	};
}

/** The frames that the emulator's runner asks for by path. */
export function files(lab: LabCase): Parameters<typeof caseSteps>[0] {
	return {
		lab: lab.labText,
		file: `${lab.name ?? "lab"}/lab.sh`,
		definition: lab.caseJson,
		capture(path) {
			const frames = lab.inputs[path];
			if (frames === undefined)
				throw new Error(`${lab.name ?? "lab"}: case.json names ${path}, which is not among its inputs`);
			return frames;
		},
	};
}

async function prepare(
	agent: Agent,
	lab: LabCase,
): Promise<{ steps: PlayStep[]; ofStep: ReturnType<typeof caseSteps> }> {
	const ofStep = caseSteps(files(lab));
	const senders = new Map<string, number>();
	const sockets = new Map<string, number>();
	const steps: PlayStep[] = [];
	for (const { time, entry, frame, number } of ofStep) {
		const base = { time: Math.max(time, 0), burst: entry.burst === true };
		if (entry.sh !== undefined) {
			const script =
				entry.netns === "."
					? entry.sh
					: `ip netns exec ${entry.netns} sh -eu -c '${entry.sh.replaceAll("'", "'\\''")}'`;
			steps.push({ ...base, kind: STEP.sh, index: 0, body: Buffer.from(`.\0${script}\0`) });
			continue;
		}
		if (entry.udp !== undefined) {
			const { sport, dst, dport, hex } = entry.udp;
			const family = isIpv6(dst) ? 6 : 4;
			const key = `${entry.netns} ${family} ${sport}`;
			if (!sockets.has(key)) {
				sockets.set(key, sockets.size);
				await agent.udp(entry.netns, family, sport);
			}
			const port = Buffer.alloc(2);
			port.writeUInt16LE(dport);
			const body = Buffer.concat([port, Buffer.from(`${dst}\0`), Buffer.from(hex ?? "", "hex")]);
			steps.push({ ...base, kind: STEP.udp, index: sockets.get(key)!, body });
			continue;
		}
		if (entry.dev === undefined || (frame === null && entry.reflect === undefined))
			throw new Error(`case.json: entry ${number} for ${entry.netns} has neither pcap, reflect, udp nor sh`);
		const key = `${entry.netns} ${entry.dev}`;
		if (!senders.has(key)) {
			senders.set(key, senders.size);
			await agent.sender(entry.netns, entry.dev);
		}
		const kind = frame === null ? STEP.ask : STEP.send;
		steps.push({ ...base, kind, index: senders.get(key)!, body: frame ?? new Uint8Array(0) });
	}
	return { steps, ofStep };
}

function refusal(entry: CaseEntry, number: number, errno: number): string {
	const error = Object.entries(constants.errno).find(([, v]) => v === errno)?.[0] ?? `errno ${errno}`;
	return entry.udp !== undefined
		? `udp ${entry.udp.dst}:${entry.udp.dport}: ${error}`
		: `inject ${entry.netns}.${entry.dev} frame ${number}: ${error}`;
}

/** What netem in the lab may hold back, altogether, ms. */
function wireDelayMs(labText: string): number {
	let sum = 0;
	for (const [, number, unit] of labText.matchAll(/\bdelay\s+(\d+(?:\.\d+)?)(us|ms|s)?\b/g))
		sum += Number(number) * (unit === "s" ? 1000 : unit === "ms" ? 1 : 0.001);
	return sum;
}

async function namespacesOf(agent: Agent, work: string): Promise<string[]> {
	const dir = join(work, "namespaces");
	mkdirSync(dir);
	await agent.run(".", `for n in /run/netns/*; do if [ -e "$n" ]; then : >'${dir}'/"\${n##*/}"; fi; done`);
	return [".", ...readdirSync(dir).sort()];
}

/** The watched ports' frames as they come. */
class Ports {
	readonly captures: Map<string, TimedFrame[]> = new Map();
	readonly warnings: string[] = [];
	private readonly names: readonly string[];
	private readonly injected: ReadonlySet<string>;

	constructor(lab: LabCase) {
		this.names = lab.caseJson.observe.map(({ netns, dev }) => portName(netns, dev));
		for (const n of this.names) for (const d of ["rx", "tx"]) this.captures.set(`${n}.${d}`, []);
		this.injected = new Set(Object.values(lab.inputs).flatMap((fs) => fs.map((f) => key(f.bytes))));
	}
	add(f: SeenFrame): void {
		let { bytes } = f;
		if ((f.status & TP_STATUS_VLAN_VALID) !== 0)
			bytes = tagged(bytes, (f.status & TP_STATUS_VLAN_TPID_VALID) !== 0 ? f.tpid : 0x8100, f.tci);
		if ((f.status & TP_STATUS_CSUMNOTREADY) !== 0) {
			this.warnings.push(`${this.names[f.tap]}: ${PARTIAL}`);
			fixChecksums(bytes);
		}
		if (isListenerReport(bytes) && !this.injected.has(key(bytes))) return;
		this.captures.get(`${this.names[f.tap]}.${f.outgoing ? "tx" : "rx"}`)!.push({ time: f.time, bytes });
	}
	reflection(entry: CaseEntry, warnings: Set<string>): Uint8Array | null {
		const r = entry.reflect!;
		const seen = this.captures.get(`${portName(r.netns, r.dev)}.${r.dir}`)?.[r.n];
		if (seen !== undefined) return swapFrame(seen.bytes);
		warnings.add(`reflect: no frame ${r.n} at ${JSON.stringify(r)}`);
		return null;
	}
}

function key(b: Uint8Array): string {
	return Buffer.from(b.buffer, b.byteOffset, b.length).toString("latin1");
}
function tagged(b: Uint8Array, tpid: number, tci: number): Uint8Array {
	const r = new Uint8Array(b.length + 4);
	r.set(b.subarray(0, 12));
	r.set([tpid >> 8, tpid & 255, tci >> 8, tci & 255], 12);
	r.set(b.subarray(12), 16);
	return r;
}
/**
 * A kernel's own multicast listener query, report or done (RFC 2710, 3810): it comes after a random delay. Behind a router alert,
 * with hop limit 1 and to a group (mld_newpack, igmp6_send, br_ip6_multicast_alloc_query): not what somebody forwards.
 */
function isListenerReport(b: Uint8Array): boolean {
	if (b.length < 66 || b[12] !== 0x86 || b[13] !== 0xdd || b[20] !== 0 || b[21] !== 1 || b[38] !== 0xff)
		return false;
	return b[54] === 58 && [130, 131, 132, 143].includes(b[54 + 8 + 8 * b[55]]);
}
