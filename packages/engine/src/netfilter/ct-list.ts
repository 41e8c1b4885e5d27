/** The connections of a namespace as a whole: as plain objects for `conntrack -L`, and for what befalls them all. Cold. */
import { IPPROTO_SCTP, IPPROTO_TCP } from "../wire/ipv4.ts";
import { sctpStateName } from "./ct-sctp.ts";
import {
	C_DST,
	C_KEY,
	C_MARK,
	C_MASQ,
	C_PORTS,
	C_REPLY,
	C_SRC,
	C_STATUS,
	type CtTable,
	F_TIMEOUT,
	REC,
	RECF,
	TCP_REC,
} from "./ct-table.ts";
import { TCP_STATE_NAMES } from "./ct-tcp-states.ts";
import { S_MAXWIN, SENDER, TCP_STATE } from "./ct-tcp-window.ts";
import { KEY_IPV6, keyNetns } from "./ct-tuple.ts";
import type { NfFamily } from "./types.ts";

/** One direction. Addresses are signed 32-bit host order, or In6 handles; ICMP has its id as `sport` and type << 8 | code as `dport`. */
export interface TupleInfo {
	readonly src: number;
	readonly dst: number;
	readonly sport: number;
	readonly dport: number;
}
export interface ConnectionInfo {
	/** Connection number. */
	readonly ct: number;
	/** Its addresses are IPv6 handles (l3proto). */
	readonly ipv6: boolean;
	/** IP protocol number. */
	readonly protocol: number;
	/** Name of the TCP or SCTP state; empty for other protocols. */
	readonly state: string;
	readonly original: TupleInfo;
	readonly reply: TupleInfo;
	/** IPS_* bits. */
	readonly status: number;
	readonly mark: number;
	/** Whole seconds until it expires, as `conntrack -L` prints. */
	readonly timeout: number;
	/** Device id whose address MASQUERADE took, -1 none. */
	readonly masqueradeDevice: number;
}

/** Numbers of a namespace's confirmed connections that have not expired, ascending. */
export function connectionsOf(t: CtTable, hostId: number): number[] {
	const found: number[] = [];
	for (let ct = 1; ct < t.top; ct++)
		if (t.isHashed(ct) && keyNetns(t.rec[ct * REC + C_KEY]) === hostId && !t.isExpired(ct)) found.push(ct);
	return found;
}
/** Take the windows of every TCP connection of one family from its next segments. */
export function forgetWindows(t: CtTable, hostId: number, family: NfFamily): void {
	const wanted = (family === 6 ? KEY_IPV6 : 0) | IPPROTO_TCP;
	for (const ct of connectionsOf(t, hostId)) {
		if ((t.rec[ct * REC + C_KEY] & (KEY_IPV6 | 0xff)) !== wanted) continue;
		t.tcp[ct * TCP_REC + S_MAXWIN] = 0;
		t.tcp[ct * TCP_REC + SENDER + S_MAXWIN] = 0;
	}
}
/** Forget the connections that MASQUERADE gave an address of `dev`, if `which` says so. */
export function forgetMasqueraded(
	t: CtTable,
	hostId: number,
	dev: number,
	which: (ct: number) => boolean,
): void {
	for (const ct of connectionsOf(t, hostId))
		if (t.rec[ct * REC + C_MASQ] === dev + 1 && which(ct)) t.remove(ct);
}
function stateName(t: CtTable, ct: number, protocol: number): string {
	if (protocol === IPPROTO_TCP) return TCP_STATE_NAMES[t.tcp[ct * TCP_REC + TCP_STATE]];
	return protocol === IPPROTO_SCTP ? sctpStateName(t, ct) : "";
}
export function connectionInfo(t: CtTable, ct: number): ConnectionInfo {
	const b = ct * REC;
	const protocol = t.rec[b + C_KEY] & 0xff;
	const left = t.recf[ct * RECF + F_TIMEOUT] - t.clock[0];
	return {
		ct,
		ipv6: (t.rec[b + C_KEY] & KEY_IPV6) !== 0,
		protocol,
		state: stateName(t, ct, protocol),
		original: tupleInfo(t.rec, b),
		reply: tupleInfo(t.rec, b + C_REPLY),
		status: t.rec[b + C_STATUS],
		mark: t.rec[b + C_MARK],
		timeout: Math.max(0, Math.floor(left / 1e9)),
		masqueradeDevice: t.rec[b + C_MASQ] - 1,
	};
}

function tupleInfo(rec: Int32Array, at: number): TupleInfo {
	const ports = rec[at + C_PORTS];
	return { src: rec[at + C_SRC], dst: rec[at + C_DST], sport: ports >>> 16, dport: ports & 0xffff };
}
