/** The matches that there are, and the names of those matches and targets that the real tool has and this emulation has not. */
import type { Match } from "@hookline/engine/netfilter/rule";
import type { NfFamily } from "@hookline/engine/netfilter/types";
import { byName, type Extension } from "./extension.ts";
import { icmpMatch, tcpMatch, udpMatch } from "./matches.ts";
import { conntrackMatch, stateMatch } from "./matches-conntrack.ts";
import { hashlimitMatch } from "./matches-hashlimit.ts";
import {
	dscpMatch,
	lengthMatch,
	physdevMatch,
	pkttypeMatch,
	statisticMatch,
	tosMatch,
	ttlMatch,
} from "./matches-header.ts";
import { connlimitMatch, ownerMatch, recentMatch, rpfilterMatch, setMatch } from "./matches-lists.ts";
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
import {
	dstMatch,
	eui64Match,
	fragMatch,
	hbhMatch,
	hlMatch,
	icmp6Match,
	ipv6headerMatch,
	mhMatch,
	rtMatch,
} from "./matches6.ts";

/** Of both families. */
const MATCHES: readonly Extension<Match>[] = [
	tcpMatch,
	udpMatch,
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
	physdevMatch,
	tosMatch,
	dscpMatch,
	pkttypeMatch,
	statisticMatch,
	recentMatch,
	hashlimitMatch,
	connlimitMatch,
	ownerMatch,
	setMatch,
];
const BY_NAME: Readonly<Record<NfFamily, ReadonlyMap<string, Extension<Match>>>> = {
	4: byName([...MATCHES, icmpMatch, ttlMatch, rpfilterMatch]),
	6: byName([
		...MATCHES,
		icmp6Match,
		hlMatch,
		eui64Match,
		fragMatch,
		rtMatch,
		ipv6headerMatch,
		hbhMatch,
		dstMatch,
		mhMatch,
	]),
};
/** The matches that a tool has. */
export function matchesOf(family: NfFamily): ReadonlyMap<string, Extension<Match>> {
	return BY_NAME[family];
}
const names = (text: string): ReadonlySet<string> => new Set(text.split(" "));
const OTHERS =
	"ah bpf cgroup cluster connbytes connlabel cpu dccp devgroup ecn esp helper ipcomp ipvs nfacct osf " +
	"policy quota rateest sctp socket string tcpmss time u32";
/** Matches of iptables 1.8.9 that are missing here. */
export const OTHER_MATCHES: Readonly<Record<NfFamily, ReadonlySet<string>>> = {
	4: names(`${OTHERS} realm`),
	6: names(`${OTHERS} srh rpfilter`),
};
const OTHER =
	"AUDIT CONNSECMARK HMARK IDLETIMER LED NFQUEUE QUEUE RATEEST SECMARK SYNPROXY " +
	"TCPOPTSTRIP TEE TPROXY TRACE";
/** Targets of iptables 1.8.9 that are missing here. */
export const OTHER_TARGETS: Readonly<Record<NfFamily, ReadonlySet<string>>> = {
	4: names(`${OTHER} CLUSTERIP ECN ULOG`),
	6: names(`${OTHER} DNPT SNPT`),
};
/** Names that stand for a match of another name (xtables_find_match). */
export const MATCH_ALIASES: ReadonlyMap<string, string> = new Map([
	["icmpv6", "icmp6"],
	["ipv6-icmp", "icmp6"],
]);
