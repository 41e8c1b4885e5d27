/**
 * What a namespace may change about its connection tracking: net.netfilter.nf_conntrack_*
 * (Documentation/networking/nf_conntrack-sysctl.rst). Time-outs are whole seconds outside, virtual ns inside.
 */

/** Indices of `CtNet.timeouts`. 0..9 are the TCP states themselves, so that a state is its own index. */
export const TO_TCP_MAX_RETRANS = 10;
export const TO_TCP_UNACKNOWLEDGED = 11;
export const TO_UDP = 12;
export const TO_UDP_STREAM = 13;
export const TO_ICMP = 14;
export const TO_GENERIC = 15;
export const TO_GRE = 16;
export const TO_GRE_STREAM = 17;
export const TO_SCTP_CLOSED = 18;
export const TO_SCTP_COOKIE_WAIT = 19;
export const TO_SCTP_COOKIE_ECHOED = 20;
export const TO_SCTP_ESTABLISHED = 21;
export const TO_SCTP_SHUTDOWN_SENT = 22;
export const TO_SCTP_SHUTDOWN_RECD = 23;
export const TO_SCTP_SHUTDOWN_ACK_SENT = 24;
export const TO_SCTP_HEARTBEAT_SENT = 25;
export const TO_ICMPV6 = 26;
/** Of IPv6 datagrams that are put together for connection tracking. */
export const TO_FRAG6 = 27;
const TIMEOUTS = 28;

const NS_PER_S = 1e9;

/** Name without the prefix, index, default in seconds. */
const TIMEOUT_SYSCTLS: readonly (readonly [string, number, number])[] = [
	["frag6_timeout", TO_FRAG6, 60],
	["generic_timeout", TO_GENERIC, 600],
	["gre_timeout", TO_GRE, 30],
	["gre_timeout_stream", TO_GRE_STREAM, 180],
	["icmp_timeout", TO_ICMP, 30],
	["icmpv6_timeout", TO_ICMPV6, 30],
	["sctp_timeout_closed", TO_SCTP_CLOSED, 10],
	["sctp_timeout_cookie_echoed", TO_SCTP_COOKIE_ECHOED, 3],
	["sctp_timeout_cookie_wait", TO_SCTP_COOKIE_WAIT, 3],
	["sctp_timeout_established", TO_SCTP_ESTABLISHED, 210],
	["sctp_timeout_heartbeat_sent", TO_SCTP_HEARTBEAT_SENT, 30],
	["sctp_timeout_shutdown_ack_sent", TO_SCTP_SHUTDOWN_ACK_SENT, 3],
	["sctp_timeout_shutdown_recd", TO_SCTP_SHUTDOWN_RECD, 3],
	["sctp_timeout_shutdown_sent", TO_SCTP_SHUTDOWN_SENT, 3],
	["tcp_timeout_syn_sent", 1, 120],
	["tcp_timeout_syn_recv", 2, 60],
	["tcp_timeout_established", 3, 432_000],
	["tcp_timeout_fin_wait", 4, 120],
	["tcp_timeout_close_wait", 5, 60],
	["tcp_timeout_last_ack", 6, 30],
	["tcp_timeout_time_wait", 7, 120],
	["tcp_timeout_close", 8, 10],
	["tcp_timeout_max_retrans", TO_TCP_MAX_RETRANS, 300],
	["tcp_timeout_unacknowledged", TO_TCP_UNACKNOWLEDGED, 300],
	["udp_timeout", TO_UDP, 30],
	["udp_timeout_stream", TO_UDP_STREAM, 120],
];
/** SYN_SENT2 has no sysctl of its own. */
const TCP_SYN_SENT2 = 9;

const FLAG_SYSCTLS = [
	"checksum",
	"tcp_loose",
	"tcp_be_liberal",
	"tcp_max_retrans",
	"tcp_ignore_invalid_rst",
] as const;

/** Full names of all settings that `CtNet.get` and `CtNet.set` know. */
export const CT_SYSCTLS: readonly string[] = [...TIMEOUT_SYSCTLS.map(([name]) => name), ...FLAG_SYSCTLS]
	.map((name) => `nf_conntrack_${name}`)
	.sort();

/** The connection tracking of one namespace (struct nf_conntrack_net). */
export class CtNet {
	readonly id: number;
	/** Connections of this namespace, unconfirmed and expired-but-present ones included. */
	count = 0;
	/** Virtual ns by TO_*. */
	readonly timeouts: Float64Array = new Float64Array(TIMEOUTS);
	checksum = 1;
	tcpLoose = 1;
	tcpBeLiberal = 0;
	tcpMaxRetrans = 3;
	tcpIgnoreInvalidRst = 0;

	constructor(id: number) {
		this.id = id;
		for (const [, index, seconds] of TIMEOUT_SYSCTLS) this.timeouts[index] = seconds * NS_PER_S;
		this.timeouts[TCP_SYN_SENT2] = 120 * NS_PER_S;
	}
	/** A setting by its full sysctl name (`nf_conntrack_udp_timeout`), seconds or a flag; undefined for an unknown name. */
	get(name: string): number | undefined {
		const short = shortName(name);
		const timeout = TIMEOUT_SYSCTLS.find((row) => row[0] === short);
		if (timeout !== undefined) return this.timeouts[timeout[1]] / NS_PER_S;
		switch (short) {
			case "checksum":
				return this.checksum;
			case "tcp_loose":
				return this.tcpLoose;
			case "tcp_be_liberal":
				return this.tcpBeLiberal;
			case "tcp_max_retrans":
				return this.tcpMaxRetrans;
			case "tcp_ignore_invalid_rst":
				return this.tcpIgnoreInvalidRst;
		}
		return undefined;
	}
	/** Change a setting; false when there is none of that name or the value is out of its range. Running time-outs stay. */
	set(name: string, value: number): boolean {
		if (!Number.isInteger(value) || value < 0) return false;
		const short = shortName(name);
		const timeout = TIMEOUT_SYSCTLS.find((row) => row[0] === short);
		if (timeout !== undefined) {
			if (value > 0x7fffffff) return false;
			this.timeouts[timeout[1]] = value * NS_PER_S;
			return true;
		}
		if (value > (short === "tcp_max_retrans" ? 255 : 1)) return false;
		switch (short) {
			case "checksum":
				this.checksum = value;
				return true;
			case "tcp_loose":
				this.tcpLoose = value;
				return true;
			case "tcp_be_liberal":
				this.tcpBeLiberal = value;
				return true;
			case "tcp_max_retrans":
				this.tcpMaxRetrans = value;
				return true;
			case "tcp_ignore_invalid_rst":
				this.tcpIgnoreInvalidRst = value;
				return true;
		}
		return false;
	}
}

function shortName(name: string): string {
	return name.startsWith("nf_conntrack_") ? name.slice("nf_conntrack_".length) : "";
}
