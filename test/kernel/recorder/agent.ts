/** The helper program inside the private namespaces of one lab: its messages as methods. The protocol is told in packets.c. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { availableParallelism } from "node:os";
import { helper, which } from "./tools.ts";

/** Kinds of steps in packets.c. */
export const STEP = { send: 0, udp: 1, sh: 2, ask: 3 } as const;

export interface PlayStep {
	/** ns since the start */
	readonly time: number;
	readonly kind: number;
	readonly burst: boolean;
	/** Number of the sender or the socket. */
	readonly index: number;
	readonly body: Uint8Array;
}
/** A frame as a packet socket gave it: a tag that the kernel keeps beside it is not in `bytes`. */
export interface SeenFrame {
	/** ns since the start, never below 0 */
	readonly time: number;
	readonly tap: number;
	readonly outgoing: boolean;
	/** TP_STATUS_… of linux/if_packet.h */
	readonly status: number;
	readonly tci: number;
	readonly tpid: number;
	readonly bytes: Uint8Array;
}
export interface PlayOptions {
	readonly gapNs: number;
	readonly settleNs: number;
	/** End when nothing was seen for so long and no neighbour is being asked for; 0: always the whole settling time. */
	readonly quietNs: number;
	/** NUD_… bits which mean that more will come. */
	readonly neighbourStates: number;
}
export interface PlayEvents {
	frame(frame: SeenFrame): void;
	/** A send that the kernel refused. */
	refused(step: number, errno: number): void;
	/** The frame to send in a step of kind `ask`; null: none. All frames seen before it have been told. */
	ask(step: number): Uint8Array | null;
}

/** The helper is gone, or took too long: not the lab's fault. */
export class HelperEnded extends Error {}

/** Labs that run in this process on each CPU; a new one goes to the CPU with the fewest. */
const running = new Map<number, number>();

function allowedCpus(): number[] {
	const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
	const cpus = list.split(",").flatMap((part) => {
		const [from, to = from] = part.split("-").map(Number);
		return Array.from({ length: to - from + 1 }, (_, i) => from + i);
	});
	return cpus.slice(0, Math.max(availableParallelism(), 1));
}
function takeCpu(): number {
	const cpus = allowedCpus();
	const turn = process.pid % cpus.length;
	const order = [...cpus.slice(turn), ...cpus.slice(0, turn)];
	const cpu = order.reduce((a, b) => ((running.get(b) ?? 0) < (running.get(a) ?? 0) ? b : a));
	running.set(cpu, (running.get(cpu) ?? 0) + 1);
	return cpu;
}

export class Agent {
	private readonly child: ChildProcessWithoutNullStreams;
	private readonly cpu: number;
	private readonly waiting: { resolve(body: Buffer): void; reject(error: Error): void }[] = [];
	private readonly queue: Buffer[] = [];
	private pending: Buffer = Buffer.alloc(0);
	private errors = "";
	private ended: Error | undefined;
	private readonly exited: Promise<void>;
	private readonly alarm: NodeJS.Timeout;

	/** `cwd` is where the lab's commands run; after `timeoutMs` all of it is ended. */
	constructor(options: { cwd: string; env: Record<string, string>; ipv6: boolean; timeoutMs: number }) {
		const program = helper();
		this.cpu = takeCpu();
		const outside = readlinkSync("/proc/self/ns/net");
		this.child = spawn(
			which("unshare")!,
			[
				"-n",
				"-m",
				"-p",
				"-f",
				"-u",
				"--kill-child",
				"--mount-proc",
				program,
				String(this.cpu),
				outside,
				options.ipv6 ? "1" : "0",
			],
			{ cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: ["pipe", "pipe", "pipe"] },
		);
		this.child.stdout.on("data", (chunk: Buffer) => this.take(chunk));
		this.child.stderr.on("data", (chunk: Buffer) => (this.errors += chunk.toString()));
		this.child.stdin.on("error", () => {});
		this.alarm = setTimeout(() => {
			this.errors += `ended after ${options.timeoutMs} ms\n`;
			this.child.kill("SIGKILL");
		}, options.timeoutMs);
		this.exited = new Promise((resolve) => {
			const end = (reason: string): void => {
				this.ended ??= new HelperEnded(`the recorder's helper ${reason}: ${this.errors.trim()}`);
				for (const w of this.waiting.splice(0)) w.reject(this.ended);
				resolve();
			};
			this.child.on("error", (e) => end(`did not start (${e.message})`));
			this.child.on("close", (code, signal) => end(`ended with ${signal ?? code}`));
		});
	}
	/** What the lab's commands and the helper wrote on stderr so far. */
	get messages(): string {
		return this.errors;
	}
	/** Exit status of `sh -eu -c script` in a namespace, "." the root's. Its stdout goes to `messages` too. */
	run(netns: string, script: string): Promise<number> {
		return this.call("x", text(netns), text(script));
	}
	async offloadsOff(): Promise<void> {
		await this.call("o");
	}
	/** False when a device with a carrier was not operational within `ms`. */
	async linksUp(ms: number): Promise<boolean> {
		return (await this.call("l", u32(ms))) === 0;
	}
	async watch(netns: string, dev: string): Promise<void> {
		await this.port("t", netns, dev);
	}
	async sender(netns: string, dev: string): Promise<void> {
		await this.port("s", netns, dev);
	}
	async udp(netns: string, family: 4 | 6, port: number): Promise<void> {
		const tail = Buffer.alloc(3);
		tail[0] = family;
		tail.writeUInt16LE(port, 1);
		const status = await this.call("u", text(netns), tail);
		if (status !== 0) throw new Error(`no UDP socket on port ${port} in ${netns}: errno ${-status}`);
	}
	/** Play all steps. `listenedNs` after the last one; `times`: when each was done, ns since the start. */
	async play(
		steps: readonly PlayStep[],
		options: PlayOptions,
		events: PlayEvents,
	): Promise<{ listenedNs: number; times: number[] }> {
		const head = Buffer.alloc(28);
		head.writeBigUInt64LE(BigInt(options.gapNs), 0);
		head.writeBigUInt64LE(BigInt(options.settleNs), 8);
		head.writeBigUInt64LE(BigInt(options.quietNs), 16);
		head.writeUInt32LE(options.neighbourStates, 24);
		const parts = steps.flatMap((s) => {
			const b = Buffer.alloc(16);
			b.writeBigUInt64LE(BigInt(s.time), 0);
			b[8] = s.kind;
			b[9] = s.burst ? 1 : 0;
			b.writeUInt16LE(s.index, 10);
			b.writeUInt32LE(s.body.length, 12);
			return [b, s.body];
		});
		await this.call("p", head, ...parts);
		for (;;) {
			const m = await this.next();
			const kind = String.fromCharCode(m[0]);
			if (kind === "f") events.frame(seenFrame(m));
			else if (kind === "w") events.refused(m.readUInt32LE(1), m.readUInt32LE(5));
			else if (kind === "r") this.write("r", events.ask(m.readUInt32LE(1)) ?? Buffer.alloc(0));
			else
				return {
					listenedNs: Number(m.readBigUInt64LE(1)),
					times: steps.map((_, i) => Number(m.readBigUInt64LE(9 + 8 * i))),
				};
		}
	}
	/** End the lab; every process in it goes, and its namespaces with them. */
	async close(): Promise<void> {
		clearTimeout(this.alarm);
		this.child.stdin.end();
		const hurry = setTimeout(() => this.child.kill("SIGKILL"), 2000);
		await this.exited;
		clearTimeout(hurry);
		running.set(this.cpu, (running.get(this.cpu) ?? 1) - 1);
	}

	private async port(kind: string, netns: string, dev: string): Promise<void> {
		const status = await this.call(kind, text(netns), text(dev));
		if (status !== 0) throw new Error(`no packet socket on ${dev} in namespace ${netns}: errno ${-status}`);
	}
	private async call(kind: string, ...parts: Uint8Array[]): Promise<number> {
		this.write(kind, ...parts);
		return (await this.next()).readInt32LE(1);
	}
	private write(kind: string, ...parts: Uint8Array[]): void {
		const length = parts.reduce((n, p) => n + p.length, 1);
		this.child.stdin.write(Buffer.concat([u32(length), Buffer.from(kind), ...parts]));
	}
	private next(): Promise<Buffer> {
		const ready = this.queue.shift();
		if (ready !== undefined) return Promise.resolve(ready);
		if (this.ended !== undefined) return Promise.reject(this.ended);
		return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
	}
	private take(chunk: Buffer): void {
		this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
		while (this.pending.length >= 4) {
			const end = 4 + this.pending.readUInt32LE(0);
			if (this.pending.length < end) return;
			const body = this.pending.subarray(4, end);
			this.pending = this.pending.subarray(end);
			const waiter = this.waiting.shift();
			if (waiter === undefined) this.queue.push(body);
			else waiter.resolve(body);
		}
	}
}

function seenFrame(m: Buffer): SeenFrame {
	const at = 1;
	const length = m.readUInt32LE(at + 8);
	return {
		time: Number(m.readBigUInt64LE(at)),
		status: m.readUInt32LE(at + 12),
		tap: m.readUInt16LE(at + 16),
		outgoing: m.readUInt16LE(at + 18) === 1,
		tci: m.readUInt16LE(at + 20),
		tpid: m.readUInt16LE(at + 22),
		// a copy that is no Buffer: slice() of one is a view
		bytes: new Uint8Array(m.subarray(at + 24, at + 24 + length)),
	};
}
function text(s: string): Buffer {
	return Buffer.from(`${s}\0`);
}
function u32(v: number): Buffer {
	const b = Buffer.alloc(4);
	b.writeUInt32LE(v);
	return b;
}
