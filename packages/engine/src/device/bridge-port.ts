/**
 * A bridge port: what the bridge does with a frame that arrives at one of its ports (net/bridge/br_input.c, br_forward.c).
 *
 *   destination                         | what happens
 *   ------------------------------------+------------------------------------------------------------
 *   source multicast or zero            | dropped, never learned
 *   01:80:c2:00:00:00, STP off          | forwarded like any multicast
 *   01:80:c2:00:00:01                   | dropped (pause)
 *   01:80:c2:00:00:02..0f               | to the port's own protocols, learned, not forwarded (unless group_fwd_mask)
 *   a local entry (bridge's, a port's)  | up to the host
 *   known station                       | to its port
 *   unknown unicast                     | flooded, newest port first
 *   broadcast, multicast                | flooded, and up to the host
 */
import { DROP } from "../frame/drop.ts";
import { PACKET_HOST } from "../frame/pool.ts";
import { T_FDB, T_FDB_LEARN } from "../trace/kinds.ts";
import { LEARNING } from "../trace/trace.ts";
import { BR_PKT_BROADCAST, BR_PKT_MULTICAST, BR_PKT_UNICAST, type Bridge } from "./bridge.ts";
import { snoopAccepts } from "./bridge-snoop.ts";
import { FDB_EXT_LEARNED, FDB_LOCAL, FDB_STICKY, MET_DESTINATION, MET_SOURCE } from "./fdb.ts";
import type { NetDevice } from "./netdev.ts";
import type { RxHandler } from "./receivers.ts";

export const PORT_LEARNING = 1;
export const PORT_FLOOD = 2;
export const PORT_MCAST_FLOOD = 4;
export const PORT_BCAST_FLOOD = 8;
export const PORT_HAIRPIN = 16;
export const PORT_ISOLATED = 32;

export class BridgePort implements RxHandler {
	readonly bridge: Bridge;
	readonly dev: NetDevice;
	readonly number: number;
	flags: number = PORT_LEARNING | PORT_FLOOD | PORT_MCAST_FLOOD | PORT_BCAST_FLOOD;
	/** Bridge and port are up and the port has a carrier. */
	forwarding: boolean;
	/** The MAC under which the port's local entry stands. */
	macHi: number;
	macLo: number;

	constructor(bridge: Bridge, dev: NetDevice, number: number) {
		this.bridge = bridge;
		this.dev = dev;
		this.number = number;
		this.macHi = dev.macHi;
		this.macLo = dev.macLo;
		this.forwarding = bridge.up && dev.running;
	}
	updateState(): void {
		this.forwarding = this.bridge.up && this.dev.running;
	}
	setFlag(flag: number, on: boolean): void {
		this.flags = on ? this.flags | flag : this.flags & ~flag;
		this.bridge.core.generation++;
	}
	/** br_handle_frame. False: the frame is for the port's own protocols. */
	handleFrame(f: number): boolean {
		const { bridge } = this;
		const pool = bridge.core.pool;
		const view = pool.view;
		const o = pool.off[f];
		const srcHi = view.getUint16(o + 6);
		if ((srcHi & 0x0100) !== 0 || (srcHi === 0 && view.getInt32(o + 8) === 0)) {
			pool.drop(f, DROP.MAC_INVALID_SOURCE);
			return true;
		}
		const dstHi = view.getUint16(o);
		const dstLo = view.getInt32(o + 2);
		if (dstHi === 0x0180 && dstLo >>> 4 === 0xc200000) {
			const last = dstLo & 15;
			const forwarded = (last === 0 && !bridge.stp) || (bridge.groupFwdMask & (1 << last)) !== 0;
			if (!forwarded) {
				if (last === 1) {
					pool.drop(f, DROP.MAC_IEEE_MAC_CONTROL);
					return true;
				}
				if (this.forwarding) this.learn(f);
				return false;
			}
		}
		if (!this.forwarding) {
			pool.drop(f, DROP.BRIDGE_INGRESS_STP_STATE);
			return true;
		}
		if (dstHi === bridge.macHi && dstLo === bridge.macLo) pool.pktType[f] = PACKET_HOST;
		let g = f;
		if (bridge.netfilter !== null) {
			g = bridge.netfilter.preRouting(f, this);
			if (g < 0) return true;
		}
		this.finish(g);
		return true;
	}
	/** br_handle_frame_finish: learn, look up, send on. */
	finish(f: number): void {
		const { bridge } = this;
		const { pool, trace, clock } = bridge.core;
		const o = pool.off[f];
		if (!this.forwarding) {
			pool.drop(f, DROP.BRIDGE_INGRESS_STP_STATE);
			return;
		}
		this.learn(f);
		const hi = pool.view.getUint16(o);
		const lo = pool.view.getInt32(o + 2);
		if ((hi & 0x0100) !== 0) {
			const kind = hi === 0xffff && lo === -1 ? BR_PKT_BROADCAST : BR_PKT_MULTICAST;
			if (
				kind === BR_PKT_MULTICAST &&
				bridge.mcastSnooping &&
				!snoopAccepts(pool.view, pool.nh[f], o + pool.len[f])
			) {
				pool.drop(f, DROP.NOT_SPECIFIED);
				return;
			}
			bridge.flood(f, kind, this.dev, true);
			bridge.passUp(f, bridge.takesAll);
			return;
		}
		const row = bridge.fdb.find(hi, lo);
		if (row < 0) {
			if (trace.on !== 0) trace.add(T_FDB, f, bridge.id, -1, hi, lo, 0);
			bridge.flood(f, BR_PKT_UNICAST, this.dev, bridge.takesAll);
			if (bridge.takesAll) bridge.passUp(f, true);
			return;
		}
		const port = bridge.portByNumber(bridge.fdb.port[row]);
		const local = (bridge.fdb.flags[row] & FDB_LOCAL) !== 0;
		if (trace.on !== 0)
			trace.add(T_FDB, f, bridge.id, port === undefined ? bridge.id : port.dev.id, hi, lo, local ? 1 : 0);
		if (local || port === undefined) {
			bridge.passUp(f, false);
			return;
		}
		bridge.fdb.used[row] = clock[0];
		if (trace.on === LEARNING) bridge.core.flows.recorder.meets(bridge.fdb, 4 * row + MET_DESTINATION);
		bridge.forward(f, port, this.dev, bridge.takesAll);
		if (bridge.takesAll) bridge.passUp(f, true);
	}
	/** br_fdb_update: a station was heard here. */
	private learn(f: number): void {
		const { bridge } = this;
		const { pool, trace, clock } = bridge.core;
		const fdb = bridge.fdb;
		if ((this.flags & PORT_LEARNING) === 0 || fdb.ageing[0] === 0) return;
		const o = pool.off[f] + 6;
		const hi = pool.view.getUint16(o);
		const lo = pool.view.getInt32(o + 2);
		const row = fdb.find(hi, lo);
		if (row < 0) {
			fdb.set(hi, lo, this.number, 0);
			bridge.core.flows.recorder.veto();
			if (trace.on !== 0) trace.add(T_FDB_LEARN, f, bridge.id, this.dev.id, hi, lo, 0);
			return;
		}
		if ((fdb.flags[row] & FDB_LOCAL) !== 0) return;
		fdb.updated[row] = clock[0];
		if (trace.on === LEARNING) bridge.core.flows.recorder.meets(fdb, 4 * row + MET_SOURCE);
		if (fdb.port[row] !== this.number && (fdb.flags[row] & FDB_STICKY) === 0) {
			fdb.port[row] = this.number;
			bridge.core.flows.stale();
			// what somebody else had learned is the bridge's own knowledge now
			fdb.flags[row] &= ~FDB_EXT_LEARNED;
			if (trace.on !== 0) trace.add(T_FDB_LEARN, f, bridge.id, this.dev.id, hi, lo, 1);
		}
	}
	/** May a frame that came in at `from` leave here? */
	shouldDeliver(from: NetDevice): boolean {
		if (!this.forwarding) return false;
		if (from === this.dev && (this.flags & PORT_HAIRPIN) === 0) return false;
		if ((this.flags & PORT_ISOLATED) === 0 || from === this.bridge) return true;
		const source = this.bridge.portOf(from);
		return source === undefined || (source.flags & PORT_ISOLATED) === 0;
	}
	/** __br_forward: through the hooks, then out. */
	send(f: number, from: NetDevice): void {
		const nf = this.bridge.netfilter;
		if (nf === null) {
			this.push(f);
			return;
		}
		this.bridge.core.pool.dev[f] = this.dev.id;
		let g = f;
		if (from !== this.bridge) {
			g = nf.forward(f, this);
			if (g < 0) return;
		}
		nf.postRouting(g, this);
	}
	/** br_dev_queue_push_xmit: the frame leaves through the port's device. */
	push(f: number): void {
		if (this.dev.isForwardable(f)) this.dev.transmit(f);
		else this.bridge.core.pool.drop(f, this.dev.up ? DROP.PKT_TOO_BIG : DROP.DEV_READY);
	}
}
