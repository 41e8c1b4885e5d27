/**
 * One part of a split lab. It has the whole lab, built by the same text as everywhere else, so all that is configured is there and has the same
 * numbers; but only its own hosts live. Timers of the other hosts are silent. A wire between two parts is worked twice:
 *
 *   sender's part      the frame waits on the wire as ever, a copy goes to the other part at once; when it leaves, it ends here
 *   receiver's part    the copy waits on the same wire until the same time, and leaves it into the receiving device
 *
 * So each part does what one thread would do at its end: taps and counters of the sending device there, of the receiving device here.
 */

import type { NetDevice } from "@hookline/engine/device/netdev";
import type { Netem } from "@hookline/engine/device/netem";
import { DELIVERED } from "@hookline/engine/frame/delivery";
import { DROP, DROP_REASONS } from "@hookline/engine/frame/drop";
import type { FramePool } from "@hookline/engine/frame/pool";
import type { RingTarget } from "@hookline/engine/ring/core";
import { stateText } from "@hookline/linux/state/state";
import type { Lab } from "hookline";
import { copyBytes, type FrameRing, type TakeFrame } from "./frame-ring.ts";
import { Injector } from "./inject.ts";
import { farEnd, farPart, type Partition } from "./partition.ts";
import { Recorder } from "./record.ts";
import type { Windows } from "./window.ts";

/** The frame account of a part since the split; copies between parts are not counted. */
export interface PartAccount {
	/** [injected, generated] */
	readonly born: Float64Array;
	readonly delivered: Float64Array;
	readonly dropped: Float64Array;
	readonly held: number;
	/** Most frames in the backlog. */
	readonly ringPeak: number;
}
/** A frame for which the ring had no room. */
interface Unsent {
	readonly bytes: DataView;
	readonly time: number;
	readonly device: number;
	readonly vlan: number;
	readonly l4sum: number;
	readonly nh: number;
}

export class Part {
	readonly injector: Injector;
	readonly recorder: Recorder;
	private readonly lab: Lab;
	private readonly own: number;
	private readonly split: Partition;
	private readonly windows: Windows;
	/** By part; null for itself. */
	private readonly outs: readonly (FrameRing | null)[];
	private readonly ins: readonly (FrameRing | null)[];
	private readonly waiting: Unsent[][];
	/** Wires from other parts to this one, and their ends here, by sending device. */
	private readonly mirrors: Map<number, { readonly wire: Netem; readonly peer: NetDevice }> = new Map();
	/** Copies that the far end will refuse, with the time when they leave their wire: the sender's part counts them as dropped. */
	private refused: { readonly time: number; readonly reason: number }[] = [];
	/** Those that have left, by reason. */
	private readonly refusedSoFar: Float64Array = new Float64Array(DROP_REASONS);
	/** The present window ends before this time. */
	private readonly limit: Float64Array = new Float64Array(1);
	/** Number of what goes to the others at the next meeting. */
	private batch = 0;
	private copiesIn = 0;
	private readonly elsewhere: Elsewhere;
	private readonly before: PartAccount;
	private readonly take: TakeFrame = (view, at, length, time, device, vlan, l4sum, nh) =>
		this.arrive(view, at, length, time, device, vlan, l4sum, nh);

	/** `lab` has run its text. Its foreign hosts are silent from here on. */
	constructor(
		lab: Lab,
		own: number,
		split: Partition,
		windows: Windows,
		outs: readonly (FrameRing | null)[],
		ins: readonly (FrameRing | null)[],
	) {
		this.lab = lab;
		this.own = own;
		this.split = split;
		this.windows = windows;
		this.outs = outs;
		this.ins = ins;
		this.waiting = outs.map(() => []);
		this.injector = new Injector(lab);
		this.recorder = new Recorder(lab);
		this.elsewhere = new Elsewhere(lab.machine.core.pool);
		this.silenceOthers();
		lab.machine.core.ringPeak = 0;
		this.before = this.count();
	}
	/** Let everything happen up to and including `time`, virtual ns, injections included. All parts must do this for the same time. */
	runUntil(time: number): void {
		const { lab, injector, windows, limit } = this;
		const { core } = lab.machine;
		core.settle();
		for (;;) {
			this.send();
			windows.meet(Math.min(core.events.nextTime, injector.nextTime));
			for (const ring of this.ins) ring?.drain(this.batch, this.take);
			this.batch++;
			if (windows.earliest > time) break;
			limit[0] = windows.safe;
			for (;;) {
				const event = core.events.nextTime;
				const injection = injector.nextTime;
				const next = Math.min(event, injection);
				if (next > time || next >= limit[0]) break;
				core.runUntil(next);
				// what is put in at an instant comes after everything that is due then
				if (event > next) injector.fire();
			}
		}
		core.runUntil(time);
	}

	absorb(at: string): void {
		this.lab.device(at).absorb();
	}
	/** Since the split. */
	account(): PartAccount {
		const { before } = this;
		const now = this.count();
		this.sumRefused();
		return {
			born: now.born.map((n, i) => n - before.born[i] - (i === 0 ? this.copiesIn : 0)),
			delivered: now.delivered.map(
				(n, i) => n - before.delivered[i] - (i === DELIVERED.sink ? this.elsewhere.frames : 0),
			),
			dropped: now.dropped.map((n, i) => n - before.dropped[i] - this.refusedSoFar[i]),
			held: now.held - before.held,
			ringPeak: this.lab.machine.core.ringPeak,
		};
	}
	/** What the part's own namespaces know, as `stateText` has it: by namespace. */
	state(): Map<string, string[]> {
		const mine = new Set(this.split.parts[this.own].map((n) => (n === "." ? "root" : n)));
		const found = new Map<string, string[]>();
		let lines: string[] = [];
		for (const line of stateText(this.lab.machine)) {
			const name = /^== (\S+): /.exec(line)?.[1];
			if (name !== undefined) {
				lines = found.get(name) ?? [];
				if (mine.has(name)) found.set(name, lines);
			}
			lines.push(line);
		}
		return found;
	}

	private silenceOthers(): void {
		const { machine } = this.lab;
		const { partOf } = this.split;
		const { events, targets } = machine.core;
		for (const ns of machine.all()) {
			const mine = partOf[ns.id] === this.own;
			if (!mine) for (let h = ns.timers[0]; h < ns.timers[1]; h++) events.silence(h);
			for (const dev of ns.devices) {
				const { netem } = dev;
				if (netem === null) continue;
				const to = farPart(dev, partOf);
				if (mine && to !== this.own) {
					const peer = farEnd(dev) as NetDevice;
					netem.taken = (f) => this.leave(f, dev, to);
					targets[peer.id] = this.elsewhere;
				} else if (!mine && to === this.own) {
					const peer = farEnd(dev) as NetDevice;
					this.mirrors.set(dev.id, { wire: netem, peer });
					for (const f of netem.frames()) this.noteRefused(f, peer);
				} else if (!mine) events.silence(netem.handler);
			}
		}
	}
	/** The frame will leave the wire `dev` to part `to`: it is announced there. */
	private leave(f: number, dev: NetDevice, to: number): void {
		const { pool } = this.lab.machine.core;
		const at = pool.off[f];
		const length = pool.len[f];
		const time = pool.time[f];
		const vlan = pool.vlan[f];
		const l4sum = pool.l4sum[f];
		const nh = pool.nh[f] - at;
		const { windows } = this;
		if (time < windows.sent[to]) windows.sent[to] = time;
		const waiting = this.waiting[to];
		if (waiting.length === 0) {
			const ring = this.outs[to] as FrameRing;
			if (ring.write(pool.view, at, length, time, dev.id, vlan, l4sum, nh)) return;
		}
		const bytes = new DataView(pool.bytes.slice(at, at + length).buffer);
		waiting.push({ bytes, time, device: dev.id, vlan, l4sum, nh });
		if (time < windows.unsent[to]) windows.unsent[to] = time;
		// the others take what is in the ring when they are met: let that be soon
		this.limit[0] = 0;
	}
	/** Show the others what the window has sent; what did not fit follows now, if it fits. */
	private send(): void {
		const { unsent } = this.windows;
		this.waiting.forEach((waiting, q) => {
			const ring = this.outs[q];
			if (ring === null) return;
			let n = 0;
			while (n < waiting.length) {
				const u = waiting[n];
				if (!ring.write(u.bytes, 0, u.bytes.byteLength, u.time, u.device, u.vlan, u.l4sum, u.nh)) break;
				n++;
			}
			if (n > 0) {
				waiting.splice(0, n);
				unsent[q] = waiting.reduce((t, u) => Math.min(t, u.time), Number.POSITIVE_INFINITY);
			}
			ring.publish(this.batch);
		});
	}
	/** A frame from another part: it waits on its wire here. */
	private arrive(
		view: DataView,
		at: number,
		length: number,
		time: number,
		device: number,
		vlan: number,
		l4sum: number,
		nh: number,
	): void {
		const { pool, clock } = this.lab.machine.core;
		const mirror = this.mirrors.get(device);
		if (mirror === undefined || time < clock[0])
			throw new Error(
				`part ${this.own}: a frame from device ${device} for ${time} ns came at ${clock[0]} ns`,
			);
		const f = pool.inject(length);
		if (f < 0)
			throw new Error(
				`part ${this.own} of the lab has no room for a frame that comes from another part: give it more ("frames", "bigFrames")`,
			);
		copyBytes(view, at, pool.view, pool.off[f], length);
		pool.nh[f] = pool.off[f] + nh;
		pool.dev[f] = device;
		pool.vlan[f] = vlan;
		pool.l4sum[f] = l4sum;
		this.copiesIn++;
		mirror.wire.add(f, time);
		this.noteRefused(f, mirror.peer);
	}
	/** Is this copy one that `peer` will not take for its length? Then it is dropped at either end of the wire. */
	private noteRefused(f: number, peer: NetDevice): void {
		if (peer.isForwardable(f)) return;
		if (this.refused.length >= 1000) this.sumRefused();
		const time = this.lab.machine.core.pool.time[f];
		this.refused.push({ time, reason: peer.up ? DROP.PKT_TOO_BIG : DROP.DEV_READY });
	}
	private sumRefused(): void {
		const now = this.lab.machine.core.clock[0];
		for (const { time, reason } of this.refused) if (time <= now) this.refusedSoFar[reason]++;
		this.refused = this.refused.filter(({ time }) => time > now);
	}
	private count(): PartAccount {
		const { pool, ringPeak } = this.lab.machine.core;
		let copies = 0;
		for (const { wire } of this.mirrors.values()) copies += wire.length;
		return {
			born: pool.born.slice(),
			delivered: pool.delivered.slice(),
			dropped: pool.dropped.slice(),
			held: pool.inUse - copies,
			ringPeak,
		};
	}
}

/** The receive side of devices that live in other parts: what comes here has been announced there. */
class Elsewhere implements RingTarget {
	readonly takes = true;
	readonly loopback = false;
	/** Ended here. */
	frames = 0;
	private readonly pool: FramePool;

	constructor(pool: FramePool) {
		this.pool = pool;
	}
	process(vec: Int32Array, n: number): void {
		this.frames += n;
		for (let i = 0; i < n; i++) this.pool.deliver(vec[i], DELIVERED.sink);
	}
	/** Nothing here sends by a device of another part. */
	transmit(_f: number): boolean {
		throw new Error("a frame was sent out of a device of another part");
	}
}
