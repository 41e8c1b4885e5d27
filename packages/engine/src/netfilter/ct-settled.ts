/**
 * Which connections are settled: nothing about them is decided any more, so that their frames may go stage by stage in a vector.
 * A connection is settled for one generation of the configuration; any change makes its next packet go alone again.
 */
import { l4sumOk } from "../frame/l4sum.ts";
import type { FramePool } from "../frame/pool.ts";
import type { Core } from "../ring/core.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as udp from "../wire/udp.ts";
import type { Conntrack } from "./conntrack.ts";
import { C_STATUS, type CtTable, REC } from "./ct-table.ts";
import { netnsKey, readTuple, T_DST, T_KEY, T_PORTS, T_SRC } from "./ct-tuple.ts";
import {
	ctDir,
	IP_CT_DIR_ORIGINAL,
	IPS_CONFIRMED,
	IPS_DST_NAT,
	IPS_DST_NAT_DONE,
	IPS_DYING,
	IPS_SRC_NAT,
	IPS_SRC_NAT_DONE,
} from "./types.ts";

export class SettledFlows {
	private readonly pool: FramePool;
	private readonly conntrack: Conntrack;
	private readonly table: CtTable;
	private readonly tuple: Int32Array = new Int32Array(4);

	constructor(core: Core, conntrack: Conntrack) {
		this.pool = core.pool;
		this.conntrack = conntrack;
		this.table = conntrack.table;
	}

	/**
	 * Without touching anything: does the frame belong to a connection that is settled, so that it and its neighbours may go stage
	 * by stage? UDP, confirmed, translation decided, and an original packet went all the way under this configuration. `bridged`:
	 * its destination must not change either.
	 */
	settled(hostId: number, f: number, generation: number, natLoaded: boolean, bridged: boolean): boolean {
		const pool = this.pool;
		const view = pool.view;
		const nh = pool.nh[f];
		if (pool.ct[f] !== 0 || pool.ctinfo[f] !== 0 || view.getUint8(nh + ipv4.PROTO) !== ipv4.IPPROTO_UDP)
			return false;
		const end = nh + view.getUint16(nh + ipv4.TOT_LEN);
		const net = this.conntrack.net(hostId);
		if (!udp.check(view, pool.th[f], end) || (net.checksum !== 0 && !l4sumOk(pool, f))) return false;
		const tuple = this.tuple;
		if (!readTuple(view, nh, end, netnsKey(net.id), tuple)) return false;
		const ref = this.table.find(tuple[T_SRC], tuple[T_DST], tuple[T_PORTS], tuple[T_KEY]);
		if (ref === 0) return false;
		const b = (ref >> 1) * REC;
		const status = this.table.rec[b + C_STATUS];
		const wanted = natLoaded ? IPS_CONFIRMED | IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE : IPS_CONFIRMED;
		if ((status & (wanted | IPS_DYING)) !== wanted || this.table.settledAt[ref >> 1] !== generation)
			return false;
		return !bridged || (status & ((ref & 1) === IP_CT_DIR_ORIGINAL ? IPS_DST_NAT : IPS_SRC_NAT)) === 0;
	}
	/** An original packet of the frame's connection went all the way under this configuration. */
	settle(f: number, generation: number): void {
		const ct = this.pool.ct[f];
		if (ct !== 0 && ctDir(this.pool.ctinfo[f]) === IP_CT_DIR_ORIGINAL) this.table.settledAt[ct] = generation;
	}
}
