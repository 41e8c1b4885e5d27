/** What both families share of putting fragments together: the queues, the memory they hold, and their end (net/ipv4/inet_fragment.c). */
import type { NetDevice } from "../device/netdev.ts";
import { DELIVERED } from "../frame/delivery.ts";
import { DROP } from "../frame/drop.ts";
import type { TimerHandler } from "../ring/events.ts";
import type { Runs } from "./fragment-runs.ts";
import type { Netns } from "./netns.ts";

/** Who asks: users 0 to 2 are conntrack's (netfilter/hooks.ts), the last one is local delivery. */
const DEFRAG_CONNTRACK_OUT = 1;
const DEFRAG_CONNTRACK_BRIDGE_IN = 2;
export const DEFRAG_LOCAL_DELIVER = 3;

export interface FragPiece {
	readonly f: number;
	readonly offset: number;
	readonly length: number;
}
export interface FragQueue extends Runs {
	readonly key: string;
	/** Virtual ns at which its time is over. */
	deadline: number;
	readonly user: number;
	/** In order of offset. */
	readonly pieces: FragPiece[];
	/** Truesize of the pieces. */
	bytes: number;
	/** Where the last one came in. */
	dev: number;
}

/** What a datagram's ECN bits get or-ed in, of 1 << ECN for each fragment (ip_frag_ecn_table, RFC 3168 §5.3); -1: they do not go together. */
export function fragEcn(seen: number): number {
	const notEct = (seen & 1) !== 0;
	const ce = (seen & 8) !== 0;
	if (notEct) return ce || (seen & 6) !== 0 ? -1 : 0;
	return ce ? 3 : 0;
}

export abstract class FragQueues<Q extends FragQueue> implements TimerHandler {
	protected readonly ns: Netns;
	protected readonly queues: Map<string, Q> = new Map();
	/** Truesize bytes held. */
	protected memory = 0;
	/** [time of the event that is outstanding, Infinity none], virtual ns: one for all queues, since events cannot be taken back. */
	private readonly due: Float64Array = new Float64Array([Number.POSITIVE_INFINITY]);
	private readonly handler: number;

	constructor(ns: Netns) {
		this.ns = ns;
		this.handler = ns.core.events.register(this);
	}
	/** The first fragment is there and the queue's time is over: its sender may be told. */
	protected abstract expire(q: Q, first: number): void;

	/** A new queue lives `lifetime` ns. */
	protected begin(q: Q, lifetime: number): void {
		q.deadline = this.ns.core.clock[0] + lifetime;
		this.queues.set(q.key, q);
		this.wakeAt(q.deadline);
	}
	/** The time of the oldest queues is over: what came is dropped. */
	onTimer(): void {
		const now = this.ns.core.clock[0];
		if (now < this.due[0]) return;
		this.due[0] = Number.POSITIVE_INFINITY;
		const over = [...this.queues.values()].filter((q) => q.deadline <= now);
		for (const q of over) {
			if (this.queues.get(q.key) !== q) continue;
			const first = q.pieces[0];
			if (first !== undefined && first.offset === 0) this.expire(q, first.f);
			this.kill(q, DROP.FRAG_REASM_TIMEOUT);
		}
		let next = Number.POSITIVE_INFINITY;
		for (const q of this.queues.values()) if (q.deadline < next) next = q.deadline;
		this.wakeAt(next);
	}
	private wakeAt(time: number): void {
		if (time >= this.due[0]) return;
		this.due[0] = time;
		this.ns.core.events.schedule(time, this.handler, 0);
	}
	/** The device that the fragments have come in by, given to `f` again; null: nobody may be told about them. */
	protected arrivedBy(q: Q, f: number): NetDevice | null {
		const { pool, targets, netnsOf } = this.ns.core;
		if (q.user === DEFRAG_CONNTRACK_OUT || netnsOf[q.dev] !== this.ns.id) return null;
		let dev = targets[q.dev] as NetDevice | null;
		// of bridged ones the bridge is the device
		if (dev !== null && q.user === DEFRAG_CONNTRACK_BRIDGE_IN) dev = dev.master ?? dev;
		if (dev !== null) pool.dev[f] = dev.id;
		return dev;
	}
	/** Everything that waits is dropped: the namespace goes (fqdir_exit). */
	flush(): void {
		for (const q of [...this.queues.values()]) this.kill(q, DROP.NOT_SPECIFIED);
	}
	/** Frames held. */
	get held(): number {
		let n = 0;
		for (const q of this.queues.values()) n += q.pieces.length;
		return n;
	}
	/** An overlap or nonsense: everything that came of this datagram is thrown away. */
	protected discard(q: Q, f: number): number {
		this.kill(q, DROP.NOT_SPECIFIED, f);
		return -1;
	}
	/** What came of this datagram is dropped, and `last` with it. */
	protected kill(q: Q, reason: number, last = -1): void {
		const { pool } = this.ns.core;
		for (const p of q.pieces) pool.drop(p.f, reason);
		if (last >= 0) pool.drop(last, reason);
		this.forget(q);
	}
	/** The datagram is whole: its fragments are in it. */
	protected complete(q: Q): void {
		for (const p of q.pieces) this.ns.core.pool.deliver(p.f, DELIVERED.reassembly);
		this.forget(q);
	}
	private forget(q: Q): void {
		this.memory -= q.bytes;
		q.bytes = 0;
		q.pieces.length = 0;
		this.queues.delete(q.key);
	}
}
