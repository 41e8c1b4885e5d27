/**
 * Why a frame ended without being delivered. Names and meaning are those of Linux (include/net/dropreason-core.h);
 * numbers are ours and not part of any interface: print `dropReasonName`.
 */
const NAMES = [
	"NOT_SPECIFIED",
	"NO_SOCKET",
	"PKT_TOO_SMALL",
	"TCP_CSUM",
	"UDP_CSUM",
	"NETFILTER_DROP",
	"OTHERHOST",
	"IP_CSUM",
	"IP_INHDR",
	"IP_RPFILTER",
	"IP_NOPROTO",
	"NEIGH_FAILED",
	"NEIGH_QUEUEFULL",
	"NEIGH_DEAD",
	"QDISC_DROP",
	"CPU_BACKLOG",
	"UNHANDLED_PROTO",
	"DEV_READY",
	"NOMEM",
	"HDR_TRUNC",
	"ICMP_CSUM",
	"INVALID_PROTO",
	"IP_INADDRERRORS",
	"IP_INNOROUTES",
	"IP_LOCAL_SOURCE",
	"IP_INVALID_SOURCE",
	"IP_LOCALNET",
	"IP_INVALID_DEST",
	"PKT_TOO_BIG",
	"DUP_FRAG",
	"FRAG_REASM_TIMEOUT",
	"VXLAN_INVALID_HDR",
	"VXLAN_VNI_NOT_FOUND",
	"MAC_INVALID_SOURCE",
	"LOCAL_MAC",
	"IP_TUNNEL_ECN",
	"MAC_IEEE_MAC_CONTROL",
	"BRIDGE_INGRESS_STP_STATE",
	"NO_TX_TARGET",
	"VXLAN_ENTRY_EXISTS",
	"IP_OUTNOROUTES",
	"RECURSION_LIMIT",
	"IPV6DISABLED",
] as const;

export type DropReasonName = (typeof NAMES)[number];

/** Reason numbers by Linux's name. */
export const DROP: { readonly [K in DropReasonName]: number } = Object.fromEntries(
	NAMES.map((name, i) => [name, i]),
) as { [K in DropReasonName]: number };

export const DROP_REASONS: number = NAMES.length;

export function dropReasonName(reason: number): DropReasonName {
	return NAMES[reason] ?? "NOT_SPECIFIED";
}
