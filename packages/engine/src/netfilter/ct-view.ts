/** What rules, and whoever prints, read of single connections. */
import { type ConnectionInfo, connectionInfo, connectionsOf } from "./ct-list.ts";
import {
	C_DST,
	C_KEY,
	C_MARK,
	C_PORTS,
	C_REPLY,
	C_SRC,
	C_STATUS,
	CtTable,
	F_TIMEOUT,
	REC,
	RECF,
} from "./ct-table.ts";
import { KEY_IPV6, netnsKey } from "./ct-tuple.ts";
import { type CtView, IPS_CONFIRMED, type NfFamily } from "./types.ts";

export class CtRecords implements CtView {
	readonly table: CtTable;
	protected readonly clock: Float64Array;

	constructor(clock: Float64Array) {
		this.clock = clock;
		this.table = new CtTable(clock);
	}
	/** Is the connection one of IPv6? */
	isIpv6(ct: number): boolean {
		return (this.table.rec[ct * REC + C_KEY] & KEY_IPV6) !== 0;
	}
	status(ct: number): number {
		return this.table.rec[ct * REC + C_STATUS];
	}
	getMark(ct: number): number {
		return this.table.rec[ct * REC + C_MARK];
	}
	setMark(ct: number, mark: number): void {
		this.table.rec[ct * REC + C_MARK] = mark;
	}
	protocol(ct: number): number {
		return this.table.rec[ct * REC + C_KEY] & 0xff;
	}
	src(ct: number, dir: number): number {
		return this.table.rec[ct * REC + dir * C_REPLY + C_SRC];
	}
	dst(ct: number, dir: number): number {
		return this.table.rec[ct * REC + dir * C_REPLY + C_DST];
	}
	sport(ct: number, dir: number): number {
		return this.table.rec[ct * REC + dir * C_REPLY + C_PORTS] >>> 16;
	}
	dport(ct: number, dir: number): number {
		return this.table.rec[ct * REC + dir * C_REPLY + C_PORTS] & 0xffff;
	}
	expiresIn(ct: number): number {
		// until the confirmation the time-out is relative, and nf_ct_expires() takes it for past
		if ((this.status(ct) & IPS_CONFIRMED) === 0) return 0;
		return Math.max(this.table.recf[ct * RECF + F_TIMEOUT] - this.clock[0], 0);
	}
	/** The confirmed connections of a namespace, in order of their numbers. */
	list(hostId: number): ConnectionInfo[] {
		return connectionsOf(this.table, hostId).map((ct) => connectionInfo(this.table, ct));
	}
	/**
	 * The connection that a tuple belongs to, 0 none. Ports in one word: source << 16 | destination (ICMP: see TupleInfo).
	 */
	lookup(
		hostId: number,
		protocol: number,
		src: number,
		dst: number,
		ports: number,
		family: NfFamily = 4,
	): number {
		const key = netnsKey(hostId) | (family === 6 ? KEY_IPV6 : 0) | protocol;
		return this.table.find(src, dst, ports, key) >> 1;
	}
}
