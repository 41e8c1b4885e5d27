/**
 * The neighbour table and its state machine (net/core/neighbour.c, RFC 4861 §7.3.2, as Linux applies it to ARP, too). Addresses are IPv4 ones,
 * or handles of IPv6 ones: a namespace has a table for each.
 *
 *           first packet                reply                      30 s (15..45)
 *   (none) ------------> INCOMPLETE ------------> REACHABLE -----------------------> STALE
 *                          | 3 requests, 1 s apart      ^  reply                       | packet
 *                          v                            +--------- PROBE <---- DELAY <-+   (5 s in DELAY, then 3 unicasts)
 *                        FAILED: host unreachable for every waiting frame
 *
 * Entries are rows of typed arrays, chained by hash of (address, device). Frames wait in a list per entry, bounded in bytes of
 * the kernel's truesize; the oldest goes first. REACHABLE -> STALE is judged when the entry is looked at, other timers are events.
 */
import { DROP } from "../frame/drop.ts";
import type { Core } from "../ring/core.ts";
import type { TimerHandler } from "../ring/events.ts";
import { T_NEIGH, T_NEIGH_QUEUE, T_NEIGH6, T_NEIGH6_QUEUE } from "../trace/kinds.ts";
import { LEARNING } from "../trace/trace.ts";
import type { NeighHost } from "./neigh-host.ts";
import { NeighRows } from "./neigh-rows.ts";
import { truesize } from "./truesize.ts";

export const NUD_INCOMPLETE = 0x01;
export const NUD_REACHABLE = 0x02;
export const NUD_STALE = 0x04;
export const NUD_DELAY = 0x08;
export const NUD_PROBE = 0x10;
export const NUD_FAILED = 0x20;
export const NUD_NOARP = 0x40;
export const NUD_PERMANENT = 0x80;
export const NUD_IN_TIMER: number = NUD_INCOMPLETE | NUD_REACHABLE | NUD_DELAY | NUD_PROBE;
export const NUD_VALID: number =
	NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY;
export const NUD_CONNECTED: number = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE;

/** One scheduler tick of the reference kernel (HZ 250), ns. */
export const JIFFY = 4e6;

export class NeighTable extends NeighRows implements TimerHandler {
	/** Live entries that are not permanent: what gc_thresh3 bounds. */
	gcEntries = 0;
	private readonly core: Core;
	private readonly host: NeighHost;
	private readonly ipv6: boolean;
	private readonly handler: number;

	/** `ipv6`: addresses are In6 handles. */
	constructor(core: Core, host: NeighHost, ipv6 = false) {
		super();
		this.ipv6 = ipv6;
		this.core = core;
		this.host = host;
		this.handler = core.events.register(this);
	}
	/** Find or make; -1 when the table is full (gc_thresh3). A fresh entry has state 0. */
	findOrCreate(addr: number, dev: number): number {
		const e = this.find(addr, dev);
		return e >= 0 ? e : this.create(addr, dev);
	}
	/** May another entry be made (gc_thresh3)? Old ones go first. */
	hasRoom(): boolean {
		if (this.gcEntries >= this.host.gcThresh.gc_thresh2) this.forcedGc();
		return this.gcEntries < this.host.gcThresh.gc_thresh3;
	}
	create(addr: number, dev: number): number {
		if (!this.hasRoom()) return -1;
		const e = this.take(addr, dev, this.core.clock[0]);
		this.gcEntries++;
		this.host.constructNeighbour(e);
		return e;
	}
	/** Forget an entry; frames that wait for it are dropped. */
	remove(e: number): void {
		this.core.flows.stale();
		this.purge(e, DROP.NEIGH_DEAD);
		if ((this.state[e] & (NUD_PERMANENT | NUD_NOARP)) === 0) this.gcEntries--;
		this.release(e);
	}
	/** neigh_delete: a user removes the entry; who waits for it is told that it failed. */
	removeByAdmin(e: number): void {
		if (this.state[e] === NUD_INCOMPLETE || this.state[e] === NUD_PROBE) {
			this.state[e] = NUD_FAILED;
			this.deadline[e] = -1;
			this.invalidate(e);
		}
		this.remove(e);
	}
	/** Forget the entries of a device; permanent ones stay unless `all`. */
	flushDevice(dev: number, all: boolean): void {
		for (const e of this.entries())
			if (this.dev[e] === dev && (all || (this.state[e] & NUD_PERMANENT) === 0)) this.remove(e);
	}
	/** State as of now: REACHABLE is left when its time is over. */
	currentState(e: number): number {
		if (this.state[e] === NUD_REACHABLE) this.ageReachable(e);
		return this.state[e];
	}
	/** An entry that needs no resolution: broadcast, multicast, loopback. */
	setNoArp(e: number, hi: number, lo: number): void {
		if ((this.state[e] & (NUD_NOARP | NUD_PERMANENT)) === 0) this.gcEntries--;
		this.state[e] = NUD_NOARP;
		this.macHi[e] = hi;
		this.macLo[e] = lo;
	}
	/** A user's `ip neigh add|replace|change` (neigh_update with NEIGH_UPDATE_F_ADMIN): any state. */
	setByAdmin(e: number, hi: number, lo: number, state: number): void {
		const old = this.currentState(e);
		const was = (old & (NUD_NOARP | NUD_PERMANENT)) !== 0;
		const is = (state & (NUD_NOARP | NUD_PERMANENT)) !== 0;
		if (was !== is) this.gcEntries += is ? -1 : 1;
		if ((state & NUD_VALID) === 0) {
			this.deadline[e] = -1;
			this.state[e] = state;
			if ((old & (NUD_INCOMPLETE | NUD_PROBE)) !== 0 && state === NUD_FAILED) this.invalidate(e);
			return;
		}
		const now = this.core.clock[0];
		if ((state & NUD_CONNECTED) !== 0) this.confirmed[e] = now;
		if (state !== old || hi !== this.macHi[e] || lo !== this.macLo[e]) {
			this.updated[e] = now;
			this.change(e, hi, lo, state);
		}
	}
	/** neigh_resolve_output: send now, or wait for the resolution. False: the device dropped it. */
	output(e: number, f: number): boolean {
		const { trace, clock } = this.core;
		const state = this.currentState(e);
		// a connected entry with a filled header cache is not asked (neigh_output)
		const cached = (state & NUD_CONNECTED) !== 0 && this.hh[e] !== 0;
		this.cached = cached && !this.releasing;
		if (trace.on === LEARNING) this.noteFlow(e, cached);
		if (!cached) {
			this.used[e] = clock[0];
			if (state === NUD_REACHABLE) this.watchReachable(e);
		}
		if (trace.on !== 0)
			this.ipv6
				? this.trace6(T_NEIGH6, e, f)
				: trace.add(T_NEIGH, f, this.dev[e], this.addr[e], state, this.macHi[e], this.macLo[e]);
		if ((state & (NUD_CONNECTED | NUD_DELAY | NUD_PROBE)) !== 0 || !this.mustWait(e, f)) {
			this.hh[e] = 1;
			return this.host.output(e, f);
		}
		return true;
	}
	private noteFlow(e: number, cached: boolean): void {
		if (!cached || this.releasing) this.core.flows.recorder.veto();
		else this.noteMet(e);
	}
	/** A packet was sent by an entry that needs no question; a flow that is being learned depends on it. */
	noteMet(e: number): void {
		if (this.core.trace.on === LEARNING) this.core.flows.recorder.meets(this, e * 256 + this.state[e]);
	}
	/** A packet of a known flow goes to entry `key >> 8`, which was in state `key & 255` when the flow was learned. */
	stillThere(key: number): boolean {
		return this.currentState(key >> 8) === (key & 255);
	}
	flowMeets(_key: number): void {}
	/** neigh_event_send without a packet: find out, if that is not under way. */
	ask(e: number): void {
		this.used[e] = this.core.clock[0];
		if ((this.currentState(e) & (NUD_CONNECTED | NUD_DELAY | NUD_PROBE)) === 0) this.mustWait(e, -1);
	}
	/**
	 * ARP or neighbour discovery heard about an entry (neigh_update). `override`: a different MAC may replace a known one; `weak`: else it
	 * makes a connected entry stale (NEIGH_UPDATE_F_WEAK_OVERRIDE). False: the message was not believed.
	 */
	update(e: number, hi: number, lo: number, state: number, override: boolean, weak = false): boolean {
		const old = this.currentState(e);
		if ((old & (NUD_NOARP | NUD_PERMANENT)) !== 0) return false;
		const same = (old & NUD_VALID) !== 0 && hi === this.macHi[e] && lo === this.macLo[e];
		let next = state;
		if ((next & NUD_CONNECTED) !== 0) this.confirmed[e] = this.core.clock[0];
		if ((old & NUD_VALID) !== 0) {
			if (!same && !override) {
				if (!weak || (old & NUD_CONNECTED) === 0) return false;
				this.updated[e] = this.core.clock[0];
				this.change(e, this.macHi[e], this.macLo[e], NUD_STALE);
				return false;
			}
			if (same && next === NUD_STALE) next = old;
		}
		if (next !== old || !same) this.updated[e] = this.core.clock[0];
		if (next === old && same) return true;
		this.change(e, hi, lo, next);
		return true;
	}
	/** neigh_event_ns: someone asked for us; remember who. False: no room. */
	eventNs(addr: number, dev: number, hi: number, lo: number): boolean {
		const e = this.findOrCreate(addr, dev);
		if (e < 0) return false;
		this.update(e, hi, lo, NUD_STALE, true);
		return true;
	}
	/** May a different MAC be believed now, or was the entry just updated (locktime)? */
	pastLocktime(e: number): boolean {
		return this.core.clock[0] > this.updated[e] + this.host.neighConf(this.dev[e]).locktime * 1e7;
	}
	/** Frames that wait for a resolution. */
	waiting(e: number): number {
		return this.queueLength[e];
	}
	onTimer(e: number): void {
		const now = this.core.clock[0];
		if (this.deadline[e] !== now) return;
		this.deadline[e] = -1;
		if (this.state[e] === NUD_REACHABLE) {
			this.ageReachable(e);
			return;
		}
		const conf = this.host.neighConf(this.dev[e]);
		const retrans = Math.max(conf.retrans_time_ms * 1e6, 10e6);
		const state = this.state[e];
		let next = now + retrans;
		if (state === NUD_DELAY) {
			if (now <= this.confirmed[e] + conf.delay_first_probe_time * 1e9) {
				this.state[e] = NUD_REACHABLE;
				this.updated[e] = now;
				this.watchReachable(e);
				return;
			}
			this.state[e] = NUD_PROBE;
			this.updated[e] = now;
			this.probes[e] = 0;
			next = now + retrans;
		} else if (state !== NUD_INCOMPLETE && state !== NUD_PROBE) return;
		const most =
			conf.ucast_solicit +
			conf.app_solicit +
			(this.state[e] === NUD_PROBE ? conf.mcast_resolicit : conf.mcast_solicit);
		if (this.probes[e] >= most) {
			this.state[e] = NUD_FAILED;
			this.updated[e] = now;
			this.invalidate(e);
			return;
		}
		this.arm(e, next);
		this.probe(e);
	}
	/** __neigh_event_send: true when the frame was taken (it waits, or is gone). `f` -1: there is none. */
	private mustWait(e: number, f: number): boolean {
		const now = this.core.clock[0];
		const conf = this.host.neighConf(this.dev[e]);
		let probeNow = false;
		if (this.state[e] === NUD_STALE) {
			this.state[e] = NUD_DELAY;
			this.updated[e] = now;
			this.arm(e, now + conf.delay_first_probe_time * 1e9);
			return false;
		}
		if (this.state[e] !== NUD_INCOMPLETE) {
			if (conf.mcast_solicit + conf.app_solicit === 0) {
				this.state[e] = NUD_FAILED;
				this.updated[e] = now;
				if (f >= 0) this.core.pool.drop(f, DROP.NEIGH_FAILED);
				return true;
			}
			this.probes[e] = conf.ucast_solicit;
			this.state[e] = NUD_INCOMPLETE;
			this.updated[e] = now;
			this.arm(e, now + Math.max(conf.retrans_time_ms * 1e6, 10e6));
			probeNow = true;
		}
		if (f >= 0) this.enqueue(e, f, conf.unres_qlen_bytes);
		if (probeNow) this.probe(e);
		return true;
	}
	private probe(e: number): void {
		const conf = this.host.neighConf(this.dev[e]);
		const n = this.probes[e]++;
		const unicast = n < conf.ucast_solicit;
		// in between an application would be asked (neigh_app_ns), and there is none
		if (unicast || n >= conf.ucast_solicit + conf.app_solicit)
			this.host.solicit(e, this.queueTail[e], unicast);
	}
	private enqueue(e: number, f: number, limit: number): void {
		const { pool, trace } = this.core;
		const size = truesize(pool.len[f]);
		while (this.queueHead[e] >= 0 && this.queueBytes[e] + size > limit)
			pool.drop(this.dequeue(e), DROP.NEIGH_QUEUEFULL);
		pool.next[f] = -1;
		if (this.queueTail[e] < 0) this.queueHead[e] = f;
		else pool.next[this.queueTail[e]] = f;
		this.queueTail[e] = f;
		this.queueBytes[e] += size;
		this.queueLength[e]++;
		if (trace.on !== 0)
			this.ipv6
				? this.trace6(T_NEIGH6_QUEUE, e, f)
				: trace.add(T_NEIGH_QUEUE, f, this.dev[e], this.addr[e], this.queueLength[e], 0, 0);
	}
	private trace6(kind: number, e: number, f: number): void {
		this.core.trace.add(kind, f, this.dev[e], ...this.core.in6.get(this.addr[e]));
	}
	private dequeue(e: number): number {
		const pool = this.core.pool;
		const f = this.queueHead[e];
		this.queueHead[e] = pool.next[f];
		if (this.queueHead[e] < 0) this.queueTail[e] = -1;
		pool.next[f] = -1;
		this.queueBytes[e] -= truesize(pool.len[f]);
		this.queueLength[e]--;
		return f;
	}
	private purge(e: number, reason: number): void {
		while (this.queueHead[e] >= 0) this.core.pool.drop(this.dequeue(e), reason);
	}
	private invalidate(e: number): void {
		while (this.state[e] === NUD_FAILED && this.queueHead[e] >= 0) {
			const f = this.dequeue(e);
			this.host.linkFailure(f);
			this.core.pool.drop(f, DROP.NEIGH_FAILED);
		}
		this.purge(e, DROP.NEIGH_FAILED);
	}
	/** New state and MAC; what waited leaves once the entry is valid. */
	private change(e: number, hi: number, lo: number, state: number): void {
		const now = this.core.clock[0];
		const old = this.state[e];
		const moved = hi !== this.macHi[e] || lo !== this.macLo[e];
		if (moved || (old & NUD_CONNECTED) !== 0) this.core.flows.stale();
		if (state !== old) {
			this.deadline[e] = -1;
			if (state === NUD_PROBE) this.probes[e] = 0;
			this.state[e] = state;
			if ((state & (NUD_INCOMPLETE | NUD_DELAY | NUD_PROBE)) !== 0) this.arm(e, now);
			else if (state === NUD_REACHABLE) this.watchReachable(e);
		}
		if (moved) {
			this.macHi[e] = hi;
			this.macLo[e] = lo;
			if ((state & NUD_CONNECTED) === 0)
				this.confirmed[e] = now - this.host.neighConf(this.dev[e]).base_reachable_time_ms * 2e6;
		}
		if (state === old) return;
		if ((old & NUD_VALID) === 0 && (state & NUD_VALID) !== 0) {
			this.releasing = true;
			while ((this.state[e] & NUD_VALID) !== 0 && this.queueHead[e] >= 0) this.output(e, this.dequeue(e));
			this.releasing = false;
			this.purge(e, DROP.NEIGH_FAILED);
		} else if (state === NUD_FAILED) this.invalidate(e);
	}
	private ageReachable(e: number): void {
		const now = this.core.clock[0];
		const conf = this.host.neighConf(this.dev[e]);
		const over = this.confirmed[e] + conf.base_reachable_time_ms * 1e6;
		if (now <= over) {
			this.watchReachable(e);
			return;
		}
		if (over <= this.used[e] + conf.delay_first_probe_time * 1e9 && this.used[e] <= over) {
			// in use when the time was over: it would have gone to DELAY then
			const due = over + conf.delay_first_probe_time * 1e9;
			if (now < due) {
				this.state[e] = NUD_DELAY;
				this.updated[e] = over;
				this.arm(e, due);
				return;
			}
		}
		this.state[e] = NUD_STALE;
		this.updated[e] = over;
	}
	/**
	 * An entry that was asked for shortly before its reachable time ends goes to DELAY then, by itself, and is probed. Only such a
	 * one needs an event; the others are judged when they are looked at.
	 */
	private watchReachable(e: number): void {
		const conf = this.host.neighConf(this.dev[e]);
		const over = this.confirmed[e] + conf.base_reachable_time_ms * 1e6;
		const due = Math.max(over, this.core.clock[0]) + JIFFY;
		if (over <= this.used[e] + conf.delay_first_probe_time * 1e9 && this.deadline[e] !== due)
			this.arm(e, due);
	}
	private arm(e: number, time: number): void {
		this.deadline[e] = time;
		this.core.events.schedule(time, this.handler, e);
	}
	/** Stale, failed and unused entries make room (neigh_forced_gc). */
	private forcedGc(): void {
		const old = this.core.clock[0] - 5e9;
		for (const e of this.entries()) {
			if ((this.state[e] & (NUD_PERMANENT | NUD_NOARP)) !== 0 || this.queueHead[e] >= 0) continue;
			if (this.state[e] === NUD_FAILED || this.updated[e] < old) this.remove(e);
			if (this.gcEntries < this.host.gcThresh.gc_thresh2) return;
		}
	}
}
