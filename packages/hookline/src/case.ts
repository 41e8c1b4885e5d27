/**
 * A recorded case: a lab, frames to put in at given times, ports to watch. It runs here as it ran on the kernel that recorded it,
 * and gives captures and a final state under the same names. Reading and writing files is the caller's.
 */

import { isIpv6 } from "@hookline/linux/address-text";
import { stateText } from "@hookline/linux/state/state";
import type { DeviceHandle } from "./device-handle.ts";
import { Lab, type LabOptions } from "./lab.ts";
import { LateReader } from "./late-reader.ts";
import { SocketError, type UdpEndpoint } from "./netns-handle.ts";
import { swapFrame } from "./reflect.ts";

export interface CaseEntry {
	readonly at_ns?: number;
	readonly netns: string;
	readonly dev?: string;
	readonly pcap?: string;
	readonly reflect?: {
		readonly netns: string;
		readonly dev: string;
		readonly dir: "rx" | "tx";
		readonly n: number;
	};
	readonly udp?: {
		readonly sport: number;
		readonly dst: string;
		readonly dport: number;
		readonly hex?: string;
	};
	readonly sh?: string;
	/**
	 * Back to back: a step of a burst entry that follows another one waits for no gap, only for its own time. So the frames of burst
	 * entries whose times are equal or a few ns apart go in one after the other, those of several ports interleaved by time.
	 */
	readonly burst?: boolean;
}
export interface CaseDefinition {
	readonly about?: string;
	readonly ipv6?: boolean;
	/** What happens depends on how promptly it is asked, so that a recording on a busy machine may differ. */
	readonly timed?: boolean;
	readonly observe: readonly { readonly netns: string; readonly dev: string }[];
	readonly settle_ms?: number;
	readonly gap_us?: number;
	readonly inject: readonly CaseEntry[];
}
export interface TimedFrame {
	/** ns since the start of the case */
	readonly time: number;
	readonly bytes: Uint8Array;
}
export interface CaseFiles {
	/** Text of lab.sh, and its name for messages. */
	readonly lab: string;
	readonly file: string;
	readonly definition: CaseDefinition;
	/** Frames of a capture that `inject` names, times from 0. */
	capture(path: string): readonly TimedFrame[];
}
export interface CaseResult {
	readonly lab: Lab;
	/** Frames by `NETNS.DEV.rx` and `NETNS.DEV.tx`. */
	readonly captures: ReadonlyMap<string, readonly TimedFrame[]>;
	/** Lines of state.txt. */
	readonly state: readonly string[];
	/** What the recorder would have noted: refused injections and socket errors. */
	readonly warnings: readonly string[];
}

export interface CaseOptions extends LabOptions {
	/** How long before the case begins the kernel's last tick was, ns: a recording begins at any time. Default 0. */
	readonly sinceTick?: number;
	/** When each of `caseSteps` happens, ns since the start, ascending, in place of what the case says. */
	readonly times?: readonly number[];
}

/** One thing to do: `frame` is set for a frame of a capture, `number` counts in that capture. */
export interface CaseStep {
	/** ns since the start of the case */
	readonly time: number;
	readonly entry: CaseEntry;
	readonly frame: Uint8Array | null;
	readonly number: number;
}

/** Steps of a burst this near to each other, ns, leave nobody the time to read what is captured. */
const BACK_TO_BACK = 100_000;

/** "." is written "root" in file names. */
export function portName(netns: string, dev: string): string {
	return `${netns === "." ? "root" : netns}.${dev}`;
}

/**
 * Run a case. The lab's commands take no virtual time; an entry happens at max(its time, the one before + gap), but for bursts, of
 * which each frame runs to idle before the next one at the same instant, as a kernel does with frames sent by one thread. Throws `LabError`
 * for a lab line that we cannot do, Error when the lab fails.
 */
export function runCase(files: CaseFiles, options: CaseOptions = {}): CaseResult {
	const { definition } = files;
	const { sinceTick = 0, times, ...labOptions } = options;
	let printed = "";
	const lab = new Lab({
		...labOptions,
		ipv6: definition.ipv6 ?? false,
		err: (t) => (printed += t),
		out: () => {},
	});
	const status = lab.run(files.lab, { file: files.file, errexit: true });
	if (status !== 0) throw new Error(`${files.file} failed with ${status}: ${printed.trim()}`);
	lab.runFor(sinceTick);
	const start = lab.now;
	const captures = new Map<string, TimedFrame[]>();
	const warnings: string[] = [];
	const late = new LateReader(lab.machine.core);
	for (const { netns, dev } of definition.observe) {
		const name = portName(netns, dev);
		const rx: TimedFrame[] = [];
		const tx: TimedFrame[] = [];
		captures.set(`${name}.rx`, rx);
		captures.set(`${name}.tx`, tx);
		lab
			.netns(netns)
			.device(dev)
			.tap((f) => {
				const bytes = f.copy();
				late.saw(f.data, bytes);
				if (f.checksumPartial) warnings.push(`${name}: partial checksum completed by the recorder`);
				(f.direction === "rx" ? rx : tx).push({ time: f.time - start, bytes });
			});
	}
	const sockets = openSockets(lab, definition);
	const senders = openSenders(lab, definition);
	const gap = (definition.gap_us ?? 2000) * 1e3;
	let last = Number.NEGATIVE_INFINITY;
	let afterBurst = false;
	const steps = caseSteps(files);
	for (const [i, step] of steps.entries()) {
		const burst = step.entry.burst === true;
		const at = times?.[i] ?? Math.max(step.time, burst && afterBurst ? last : last + gap);
		lab.runUntil(start + at);
		last = at;
		afterBurst = burst;
		if (burst) late.beginBurst();
		perform(lab, step, captures, sockets, senders, warnings);
		if (!burst || (steps[i + 1]?.time ?? Number.POSITIVE_INFINITY) >= step.time + BACK_TO_BACK)
			late.endBurst();
	}
	if (last === Number.NEGATIVE_INFINITY) last = 0;
	lab.runUntil(start + last + (definition.settle_ms ?? 300) * 1e6);
	const notes = [...new Set(warnings)].sort();
	const state = stateText(lab.machine);
	return {
		lab,
		captures,
		warnings: notes,
		state: notes.length > 0 ? ["== recorder", ...notes, ...state] : state,
	};
}

/** Everything to do, in order of (time, position, frame number). */
export function caseSteps(files: CaseFiles): CaseStep[] {
	const steps: CaseStep[] = [];
	for (const entry of files.definition.inject) {
		const t0 = entry.at_ns ?? 0;
		if (entry.pcap === undefined) steps.push({ time: t0, entry, frame: null, number: 0 });
		else
			files.capture(entry.pcap).forEach((f, number) => {
				steps.push({ time: t0 + f.time, entry, frame: f.bytes, number });
			});
	}
	return steps
		.map((s, i) => ({ s, i }))
		.sort((a, b) => a.s.time - b.s.time || a.i - b.i)
		.map(({ s }) => s);
}

function openSockets(lab: Lab, definition: CaseDefinition): Map<string, UdpEndpoint> {
	const sockets = new Map<string, UdpEndpoint>();
	for (const e of definition.inject) {
		if (e.udp === undefined) continue;
		const key = socketKey(e.netns, e.udp);
		if (sockets.has(key)) continue;
		const ns = lab.netns(e.netns);
		sockets.set(key, isIpv6(e.udp.dst) ? ns.udp6(e.udp.sport) : ns.udp(e.udp.sport));
	}
	return sockets;
}
/** A port is a socket of its own in each family. */
function socketKey(netns: string, { sport, dst }: NonNullable<CaseEntry["udp"]>): string {
	return `${netns} ${isIpv6(dst) ? 6 : 4} ${sport}`;
}

/** Packet sockets, opened before anything happens: they outlive their devices. */
function openSenders(lab: Lab, definition: CaseDefinition): Map<string, DeviceHandle> {
	const senders = new Map<string, DeviceHandle>();
	for (const { netns, dev } of definition.inject)
		if (dev !== undefined) senders.set(`${netns} ${dev}`, lab.netns(netns).device(dev));
	return senders;
}

function perform(
	lab: Lab,
	step: CaseStep,
	captures: ReadonlyMap<string, readonly TimedFrame[]>,
	sockets: ReadonlyMap<string, UdpEndpoint>,
	senders: ReadonlyMap<string, DeviceHandle>,
	warnings: string[],
): void {
	const { entry } = step;
	if (entry.sh !== undefined) {
		lab.run(
			entry.netns === "."
				? entry.sh
				: `ip netns exec ${entry.netns} sh -eu -c '${entry.sh.replaceAll("'", "'\\''")}'`,
			{
				file: "case.json",
				errexit: true,
			},
		);
		lab.machine.core.settle();
		return;
	}
	if (entry.udp !== undefined) {
		const u = entry.udp;
		try {
			sockets.get(socketKey(entry.netns, u))?.send(u.dst, u.dport, hexBytes(u.hex ?? ""));
		} catch (e) {
			if (!(e instanceof SocketError)) throw e;
			warnings.push(`udp ${u.dst}:${u.dport}: ${e.message}`);
		}
		return;
	}
	let frame = step.frame;
	if (entry.reflect !== undefined) {
		const r = entry.reflect;
		const seen = captures.get(`${portName(r.netns, r.dev)}.${r.dir}`)?.[r.n];
		if (seen === undefined) {
			warnings.push(`reflect: no frame ${r.n} at ${JSON.stringify(r)}`);
			return;
		}
		frame = swapFrame(seen.bytes);
	}
	if (frame === null || entry.dev === undefined)
		throw new Error(`case.json: an entry for ${entry.netns} has neither pcap, reflect, udp nor sh`);
	const refused = senders.get(`${entry.netns} ${entry.dev}`)?.transmit(frame);
	if (refused !== undefined)
		warnings.push(`inject ${entry.netns}.${entry.dev} frame ${step.number}: ${refused}`);
}

function hexBytes(hex: string): Uint8Array {
	return Uint8Array.from(hex.match(/../g) ?? [], (h) => Number.parseInt(h, 16));
}
