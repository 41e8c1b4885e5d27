/** The words of `ip -6 route add|del|…|show|flush` (iproute_modify, iproute_list_flush_or_save). */
import { RTN_ANYCAST, RTN_BROADCAST, RTN_MULTICAST } from "@hookline/engine/netfilter/types";
import type { In6 } from "@hookline/engine/ring/in6";
import { parseNumber, parseProtocol, parseRouteType, parseScope, parseTable } from "../ip/names.ts";
import { namedValue, numberValue } from "../ip/values.ts";
import { abbreviates, badArgument, garbage, UNKNOWN, unsupported, type Words } from "../ip/words.ts";
import { address6Value, type Prefix6Value, prefix6Value } from "./values.ts";

export interface Route6Request {
	dst?: Prefix6Value;
	/** RTN_*, as written */
	type?: number;
	metric?: number;
	protocol?: number;
	src?: In6;
	table?: number;
	dev?: string;
	gw?: In6;
	onlink?: boolean;
	mtu?: number;
	mtuLock?: boolean;
	hopLimit?: number;
	/** Seconds. */
	expires?: number;
	/** ICMPV6_ROUTER_PREF_* */
	pref?: number;
}
const PREFERENCES: ReadonlyMap<string, number> = new Map([
	["low", 3],
	["medium", 0],
	["high", 1],
]);
const UNSUPPORTED = [
	"advmss",
	"rtt",
	"rttvar",
	"rto_min",
	"window",
	"cwnd",
	"initcwnd",
	"initrwnd",
	"quickack",
	"congctl",
	"features",
	"realms",
	"ssthresh",
	"reordering",
	"fastopen_no_cookie",
	"as",
	"nhid",
	"encap",
	"weight",
	"pervasive",
	"vrf",
	"ttl-propagate",
	"from",
];

export function parseRoute6(words: Words): Route6Request {
	const r: Route6Request = {};
	while (!words.done) {
		const key = words.keyword(r.dst === undefined);
		if (key === "src") r.src = address6Value(words.value());
		else if (key === "via") {
			const word = words.value();
			if (word === "inet") unsupported("an IPv4 gateway of an IPv6 route");
			r.gw = address6Value(word === "inet6" ? words.value() : word);
		} else if (key === "tos" || abbreviates(key, "dsfield")) unsupported(`ip -6 route option ${key}`);
		else if (abbreviates(key, "expires") && key.length > 1)
			r.expires = numberValue(words.value(), '"expires" value is invalid');
		else if (key === "pref") {
			const word = words.value();
			r.pref = namedValue(word, (t) => PREFERENCES.get(t), '"pref" value is invalid', 0);
		} else if (abbreviates(key, "metric") || abbreviates(key, "priority") || abbreviates(key, "preference"))
			r.metric = numberValue(words.value(), '"metric" value is invalid');
		else if (key === "scope") namedValue(words.value(), parseScope, 'invalid "scope" value', 0);
		else if (key === "mtu") {
			r.mtuLock = words.take("lock");
			r.mtu = numberValue(words.value(), '"mtu" value is invalid');
		} else if (key === "hoplimit") {
			if (words.head === "lock") unsupported("ip route option hoplimit lock");
			r.hopLimit = numberValue(words.value(), '"hoplimit" value is invalid', 255);
		} else if (UNSUPPORTED.includes(key)) unsupported(`ip -6 route option ${key}`);
		else if (abbreviates(key, "protocol"))
			r.protocol = namedValue(words.value(), parseProtocol, '"protocol" value is invalid', 3);
		else if (abbreviates(key, "table"))
			r.table = namedValue(words.value(), parseTable, '"table" value is invalid', 254);
		else if (key === "dev" || key === "oif") r.dev = words.value();
		else if (key === "onlink") r.onlink = true;
		else if (key === "nexthop") unsupported("a route with several next hops (nexthop)");
		else {
			let word = key === "to" ? words.value() : key;
			const type = parseRouteType(word);
			if (type !== undefined) {
				r.type = type;
				word = words.value();
			}
			if (r.dst !== undefined) garbage("to", word);
			r.dst = prefix6Value(word);
		}
	}
	if (r.type === RTN_ANYCAST || r.type === RTN_MULTICAST || r.type === RTN_BROADCAST)
		unsupported("this route type");
	return r;
}

/** What `ip -6 route show|flush` selects. */
export interface Route6Filter {
	/** A table's number, or `all`. */
	table?: number | "all";
	dev?: string;
	protocol?: number;
	type?: number;
	metric?: number;
	via?: In6;
	src?: Prefix6Value;
	root?: Prefix6Value;
	match?: Prefix6Value;
	cache?: boolean;
}
export function parseRoute6Filter(words: Words): Route6Filter {
	const r: Route6Filter = {};
	while (!words.done) {
		const key = words.keyword();
		if (abbreviates(key, "table")) {
			const word = words.value();
			if (word === "all" || word === UNKNOWN) r.table = "all";
			else if (word === "cache") r.cache = true;
			else r.table = parseTable(word) ?? badArgument("table id value is invalid", word, true);
		} else if (abbreviates(key, "cached") || abbreviates(key, "cloned")) r.cache = true;
		else if (abbreviates(key, "protocol")) {
			const word = words.value();
			if (word !== "all") r.protocol = namedValue(word, parseProtocol, 'invalid "protocol"', 3);
		} else if (abbreviates(key, "type"))
			r.type = namedValue(words.value(), parseRouteType, "node type value is invalid", 1);
		else if (key === "dev" || key === "oif") r.dev = words.value();
		else if (abbreviates(key, "metric") || abbreviates(key, "priority") || abbreviates(key, "preference"))
			r.metric = namedValue(words.value(), (t) => parseNumber(t), '"metric" value is invalid', 0);
		else if (key === "via") r.via = address6Value(words.value());
		else if (key === "src") r.src = prefix6Value(words.value());
		else if (
			["from", "vrf", "tos", "iif", "nhid", "scope"].includes(key) ||
			abbreviates(key, "dsfield") ||
			abbreviates(key, "realms")
		)
			unsupported(`ip -6 route show ${key}`);
		else {
			let word = key === "to" ? words.value() : key;
			let how = "exact";
			for (const name of ["root", "match", "exact"])
				if (abbreviates(word, name)) {
					how = name;
					word = words.value();
					break;
				}
			const prefix = prefix6Value(word);
			// a bare word is looked for exactly; `default` among them
			if (how !== "match") r.root = prefix;
			if (how !== "root") r.match = prefix;
		}
	}
	return r;
}
