/** The extensions that there are, and the names of those that the real tool has and this emulation has not. */
import type { Match } from "@hookline/engine/netfilter/rule";
import type { Extension } from "./extension.ts";
import { conntrackMatch, icmpMatch, stateMatch, tcpMatch, udpMatch } from "./matches.ts";
import {
	dscpMatch,
	lengthMatch,
	physdevMatch,
	pkttypeMatch,
	statisticMatch,
	tosMatch,
	ttlMatch,
} from "./matches-header.ts";
import {
	addrtypeMatch,
	commentMatch,
	connmarkMatch,
	iprangeMatch,
	limitMatch,
	macMatch,
	markMatch,
	multiportMatch,
} from "./matches-more.ts";

export const MATCHES: ReadonlyMap<string, Extension<Match>> = new Map(
	[
		tcpMatch,
		udpMatch,
		icmpMatch,
		conntrackMatch,
		stateMatch,
		addrtypeMatch,
		markMatch,
		connmarkMatch,
		commentMatch,
		multiportMatch,
		limitMatch,
		macMatch,
		iprangeMatch,
		lengthMatch,
		ttlMatch,
		physdevMatch,
		tosMatch,
		dscpMatch,
		pkttypeMatch,
		statisticMatch,
	].map((m): [string, Extension<Match>] => [m.name, m]),
);
/** Matches of iptables 1.8.9 that are missing here. */
export const OTHER_MATCHES: ReadonlySet<string> = new Set(
	(
		"ah bpf cgroup cluster connbytes connlabel connlimit cpu dccp devgroup ecn esp hashlimit helper ipcomp ipvs nfacct osf owner " +
		"policy quota rateest realm recent rpfilter sctp set socket string tcpmss time u32 udplite unclean"
	).split(" "),
);
/** Targets of iptables 1.8.9 that are missing here. */
export const OTHER_TARGETS: ReadonlySet<string> = new Set(
	(
		"AUDIT CHECKSUM CLASSIFY CLUSTERIP CONNSECMARK ECN HMARK IDLETIMER LED MIRROR NFLOG NFQUEUE QUEUE RATEEST SECMARK " +
		"SET SYNPROXY TCPMSS TCPOPTSTRIP TEE TPROXY TRACE ULOG"
	).split(" "),
);
/** Match that `-p` brings along when an option asks for it, by protocol number. */
export const PROTOCOL_MATCH: ReadonlyMap<number, string> = new Map([
	[1, "icmp"],
	[6, "tcp"],
	[17, "udp"],
	[33, "dccp"],
	[50, "esp"],
	[51, "ah"],
	[132, "sctp"],
	[136, "udplite"],
]);
