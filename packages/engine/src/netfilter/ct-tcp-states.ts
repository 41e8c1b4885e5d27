/** TCP's states as conntrack keeps them, and the table that moves between them (nf_conntrack_proto_tcp.c). */
import * as tcp from "../wire/tcp.ts";
import {
	TCP_ACK_SET,
	TCP_FIN_SET,
	TCP_NONE_SET,
	TCP_RST_SET,
	TCP_SYN_SET,
	TCP_SYNACK_SET,
} from "./ct-tcp-window.ts";

/** enum tcp_conntrack */
export const TCP_CONNTRACK_NONE = 0;
export const TCP_CONNTRACK_SYN_SENT = 1;
export const TCP_CONNTRACK_SYN_RECV = 2;
export const TCP_CONNTRACK_ESTABLISHED = 3;
export const TCP_CONNTRACK_FIN_WAIT = 4;
export const TCP_CONNTRACK_CLOSE_WAIT = 5;
export const TCP_CONNTRACK_LAST_ACK = 6;
export const TCP_CONNTRACK_TIME_WAIT = 7;
export const TCP_CONNTRACK_CLOSE = 8;
export const TCP_CONNTRACK_SYN_SENT2 = 9;
/** Not states: the segment is invalid in this state, or is ignored. */
export const TCP_CONNTRACK_INVALID = 10;
export const TCP_CONNTRACK_IGNORE = 11;
/** Length of a row of the table. */
export const STATES = 10;

export const TCP_STATE_NAMES: readonly string[] = [
	"NONE",
	"SYN_SENT",
	"SYN_RECV",
	"ESTABLISHED",
	"FIN_WAIT",
	"CLOSE_WAIT",
	"LAST_ACK",
	"TIME_WAIT",
	"CLOSE",
	"SYN_SENT2",
];

/** Next state: [direction][kind of segment][state], states in the order of the names above. */
export const NEXT_STATE: Uint8Array = (() => {
	const words: Record<string, number> = {
		NO: 0,
		SS: 1,
		SR: 2,
		ES: 3,
		FW: 4,
		CW: 5,
		LA: 6,
		TW: 7,
		CL: 8,
		S2: 9,
	};
	words["--"] = TCP_CONNTRACK_INVALID;
	words["ig"] = TCP_CONNTRACK_IGNORE;
	const rows = [
		// original:  NO SS SR ES FW CW LA TW CL S2
		/* syn     */ "SS SS ig ig ig ig ig SS SS S2",
		/* syn+ack */ "-- -- SR -- -- -- -- -- -- SR",
		/* fin     */ "-- -- FW FW LA LA LA TW CL --",
		/* ack     */ "ES -- ES ES CW CW TW TW CL --",
		/* rst     */ "-- CL CL CL CL CL CL CL CL CL",
		/* none    */ "-- -- -- -- -- -- -- -- -- --",
		// reply
		/* syn     */ "-- S2 -- -- -- -- -- SS -- S2",
		/* syn+ack */ "-- SR ig ig ig ig ig ig ig SR",
		/* fin     */ "-- -- FW FW LA LA LA TW CL --",
		/* ack     */ "-- ig SR ES CW CW TW TW CL ig",
		/* rst     */ "-- CL CL CL CL CL CL CL CL CL",
		/* none    */ "-- -- -- -- -- -- -- -- -- --",
	];
	return Uint8Array.from(rows.flatMap((row) => row.split(" ").map((word) => words[word])));
})();

/** Flag combinations that a real TCP sends, PSH, ECE and CWR aside (tcp_valid_flags). */
export const VALID_FLAGS: Uint8Array = new Uint8Array(256);
for (const flags of [
	tcp.SYN,
	tcp.SYN | tcp.URG,
	tcp.SYN | tcp.ACK,
	tcp.RST,
	tcp.RST | tcp.ACK,
	tcp.FIN | tcp.ACK,
	tcp.FIN | tcp.ACK | tcp.URG,
	tcp.ACK,
	tcp.ACK | tcp.URG,
])
	for (const more of [0, tcp.PSH]) for (const ecn of [0, 64, 128, 192]) VALID_FLAGS[flags | more | ecn] = 1;

/** What kind of segment the flags make (get_conntrack_index). */
export function segmentKind(flags: number): number {
	if ((flags & tcp.RST) !== 0) return TCP_RST_SET;
	if ((flags & tcp.SYN) !== 0) return (flags & tcp.ACK) !== 0 ? TCP_SYNACK_SET : TCP_SYN_SET;
	if ((flags & tcp.FIN) !== 0) return TCP_FIN_SET;
	return (flags & tcp.ACK) !== 0 ? TCP_ACK_SET : TCP_NONE_SET;
}
