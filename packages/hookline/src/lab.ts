/**
 * A lab: a machine of its own, the commands that build it, and virtual time. Two labs share nothing.
 *
 * ```ts
 * const lab = new Lab({ seed: 1 });
 * lab.run("ip netns add c1\nip link add v1 type veth peer name eth0 netns c1\n…");
 * const eth0 = lab.netns("c1").device("eth0");
 * const off = eth0.tap((frame) => console.log(frame.direction, frame.bytes.length));
 * eth0.transmit(bytes);
 * lab.runUntilIdle();
 * ```
 */
import { deliveryName } from "@hookline/engine/frame/delivery";
import { dropReasonName } from "@hookline/engine/frame/drop";
import { Machine, ROOT } from "@hookline/engine/ip/machine";
import { LabHost } from "@hookline/linux/lab-host";
import { checkScript } from "@hookline/linux/shell/check";
import type { LabError } from "@hookline/linux/shell/errors";
import type { CommandIo } from "@hookline/linux/shell/host";
import { Interpreter } from "@hookline/linux/shell/interpret";
import { parseScript } from "@hookline/linux/shell/parse";
import type { Script } from "@hookline/linux/shell/syntax";
import type { DeviceHandle } from "./device-handle.ts";
import { type Explanation, explain } from "./explain.ts";
import { NetnsHandle } from "./netns-handle.ts";

export interface LabOptions {
	/** Everything that chance decides follows from it. Default 1. */
	readonly seed?: number;
	/** Frames handled in one visit, 1..256, default 256. Never changes a result. */
	readonly vector?: number;
	/**
	 * Short ways for packets of known flows: "on" (default), "off", or "eager", which learns a flow from its first packet. Never changes a result.
	 */
	readonly flowCache?: "on" | "off" | "eager";
	/** Slots for frames up to 1,984 bytes; default 8192. */
	readonly frames?: number;
	/** Slots for longer frames; default 96. */
	readonly bigFrames?: number;
	/** IPv6 on every namespace, without its automatics (no link-local address of its own, no DAD, no RS). Default: off. */
	readonly ipv6?: boolean;
	/** Catch use after free at once; slower. */
	readonly debug?: boolean;
	/** Where the lab's commands print to; default: nowhere. */
	readonly out?: (text: string) => void;
	readonly err?: (text: string) => void;
}

/** Where every frame of the lab is or went: injected + generated = delivered + dropped + held. */
export interface LabCounters {
	readonly injected: number;
	readonly generated: number;
	readonly delivered: number;
	readonly dropped: number;
	/** In queues: neighbour, reassembly, wires, the backlog. */
	readonly held: number;
	/** Frames by who consumed them; only what is not 0. */
	readonly deliveredTo: Readonly<Record<string, number>>;
	/** Frames by Linux's drop reason; only what is not 0. */
	readonly droppedBy: Readonly<Record<string, number>>;
}

export class Lab {
	/** The engine's machine below this lab: for tools that need more than this class gives. */
	readonly machine: Machine;
	private readonly host: LabHost;
	private readonly shell: Interpreter;
	private readonly io: CommandIo;
	private scripts = 0;

	/** Throws RangeError for an option that is out of range. */
	constructor(options: LabOptions = {}) {
		checkRange("seed", options.seed, 0, 0xffffffff);
		checkRange("frames", options.frames, 16, 1_000_000);
		checkRange("bigFrames", options.bigFrames, 0, 16_384);
		this.machine = new Machine({
			seed: options.seed ?? 1,
			...(options.vector === undefined ? {} : { vector: options.vector }),
			...(options.flowCache === undefined ? {} : { flowCache: options.flowCache }),
			...(options.frames === undefined ? {} : { small: options.frames }),
			...(options.bigFrames === undefined ? {} : { big: options.bigFrames }),
			ipv6: options.ipv6 ?? false,
			debug: options.debug ?? false,
		});
		this.machine.root.lo.setUp(true);
		this.host = new LabHost(this.machine, this.machine.root);
		const silent = (_text: string): void => {};
		this.io = { stdin: "", out: options.out ?? silent, err: options.err ?? silent };
		this.shell = new Interpreter(this.host, this.io, { errexit: false, nounset: false });
	}
	/** Everything in the text that the lab cannot do, each with file and line; empty when it can run. */
	check(text: string, file = "lab"): LabError[] {
		return this.read(text, file).problems;
	}
	/**
	 * Run lab text: commands of a root shell. Throws the first `LabError` of `check` before anything has run. Returns the exit
	 * status; a command that fails prints its own text and, with `-e` semantics (`errexit`), ends the script.
	 */
	run(text: string, options: { file?: string; errexit?: boolean } = {}): number {
		const file = options.file ?? `lab${++this.scripts === 1 ? "" : this.scripts}`;
		const { script, problems } = this.read(text, file);
		if (problems.length > 0) throw problems[0];
		if (options.errexit) {
			const strict = new Interpreter(this.host, this.io, { errexit: true, nounset: true });
			return strict.run(script);
		}
		return this.shell.run(script);
	}
	/** A namespace by name; "." is the one the lab starts in. Throws when there is none. */
	netns(name: string): NetnsHandle {
		const ns = this.machine.netns(name);
		if (ns === undefined)
			throw new Error(`no network namespace "${name}"; there are: ${this.netnsNames().join(" ")}`);
		return new NetnsHandle(this, ns);
	}
	/** Names of all namespaces, the first one ".". */
	netnsNames(): string[] {
		return [ROOT, ...this.machine.named.keys()];
	}
	/** `NETNS:DEV` as the command line writes it. Throws when there is no such device. */
	device(at: string): DeviceHandle {
		const colon = at.indexOf(":");
		if (colon < 0) throw new Error(`"${at}" is not NETNS:DEV`);
		return this.netns(at.slice(0, colon)).device(at.slice(colon + 1));
	}
	/** Virtual time since the lab's start, ns. */
	get now(): number {
		return this.machine.core.clock[0];
	}
	/** When the next thing is due, virtual ns; Infinity when nothing is. For an outer simulator that owns time. */
	get nextEventTime(): number {
		return this.machine.core.ring.count > 0 ? this.now : this.machine.core.events.nextTime;
	}
	/** Let everything happen up to and including `time`, virtual ns; a past time only settles. Throws RangeError for no finite number. */
	runUntil(time: number): void {
		this.machine.core.runUntil(time);
	}
	/** Let `duration` ns pass. */
	runFor(duration: number): void {
		this.runUntil(this.now + duration);
	}
	/** Run until nothing is due any more (time-outs of neighbours and fragments included). Throws when a million instants are not enough. */
	runUntilIdle(): void {
		if (!this.machine.core.runUntilIdle())
			throw new Error("the lab does not come to rest: a million instants passed");
	}
	counters(): LabCounters {
		const { pool } = this.machine.core;
		const named = (values: Float64Array, name: (i: number) => string): Record<string, number> =>
			Object.fromEntries([...values.entries()].filter(([, n]) => n > 0).map(([i, n]) => [name(i), n]));
		return {
			injected: pool.born[0],
			generated: pool.born[1],
			delivered: pool.deliveredTotal,
			dropped: pool.droppedTotal,
			held: pool.inUse,
			deliveredTo: named(pool.delivered, deliveryName),
			droppedBy: named(pool.dropped, dropReasonName),
		};
	}
	/** Send one frame out of `at` (or, with `direction: "rx"`, in from its wire) and say all that happened to it. */
	explain(bytes: Uint8Array, options: { at: DeviceHandle; direction?: "tx" | "rx" }): Explanation {
		return explain(this, bytes, options.at, options.direction ?? "tx");
	}
	private read(text: string, file: string): { script: Script; problems: LabError[] } {
		const { script, errors } = parseScript(text, file);
		const problems = [...errors, ...checkScript(script, this.host)].sort((a, b) => a.line - b.line);
		return { script, problems };
	}
}

function checkRange(name: string, value: number | undefined, min: number, max: number): void {
	if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return;
	throw new RangeError(`${name} is a whole number of ${min}..${max}, not ${value}`);
}
