/** The words of `ip route add|del|replace|change|append|prepend` (iproute_modify). */
import {
	RTN_ANYCAST,
	RTN_BROADCAST,
	RTN_LOCAL,
	RTN_MULTICAST,
	RTN_UNICAST,
} from "@hookline/engine/netfilter/types";
import { parseNumber, parseProtocol, parseRouteType, parseScope, parseTable } from "./names.ts";
import {
	addressValue,
	type Family,
	namedValue,
	numberValue,
	type PrefixValue,
	prefixValue,
} from "./values.ts";
import { abbreviates, badArgument, garbage, UNKNOWN, unsupported, type Words } from "./words.ts";

const RTN_NAT = 10;

export interface RouteRequest {
	dst?: PrefixValue;
	/** RTN_*, as written */
	type?: number;
	tos?: number;
	metric?: number;
	scope?: number;
	protocol?: number;
	src?: number;
	table?: number;
	dev?: string;
	gw?: number;
	onlink?: boolean;
	mtu?: number;
	mtuLock?: boolean;
}
const METRICS = [
	"hoplimit",
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
	"expires",
	"fastopen_no_cookie",
];

/** `known(name)`: is there a device of that name? Complains itself when there is none. */
export function parseRoute(words: Words, family: Family): RouteRequest {
	const r: RouteRequest = {};
	while (!words.done) {
		const key = words.keyword(r.dst === undefined);
		if (key === "src") r.src = addressValue(words.value(), family === 6 ? 6 : 4);
		else if (key === "as" || key === "nhid" || key === "encap" || key === "weight" || key === "pervasive")
			unsupported(`ip route option ${key}`);
		else if (key === "via") {
			const word = words.value();
			if (word === "inet6") unsupported("IPv6");
			r.gw = addressValue(word === "inet" ? words.value() : word, 4);
		} else if (key === "from") unsupported("ip route option from");
		else if (key === "tos" || abbreviates(key, "dsfield"))
			r.tos = numberValue(words.value(), '"tos" value is invalid', 255);
		else if (abbreviates(key, "expires") && key.length > 1) unsupported("ip route option expires");
		else if (abbreviates(key, "metric") || abbreviates(key, "priority") || abbreviates(key, "preference"))
			r.metric = numberValue(words.value(), '"metric" value is invalid');
		else if (key === "scope") r.scope = namedValue(words.value(), parseScope, 'invalid "scope" value', 0);
		else if (key === "mtu") {
			r.mtuLock = words.take("lock");
			r.mtu = numberValue(words.value(), '"mtu" value is invalid');
		} else if (METRICS.includes(key)) unsupported(`ip route option ${key}`);
		else if (abbreviates(key, "protocol"))
			r.protocol = namedValue(words.value(), parseProtocol, '"protocol" value is invalid', 3);
		else if (abbreviates(key, "table"))
			r.table = namedValue(words.value(), parseTable, '"table" value is invalid', 254);
		else if (key === "vrf") unsupported("ip route option vrf");
		else if (key === "dev" || key === "oif") r.dev = words.value();
		else if (key === "onlink") r.onlink = true;
		else if (key === "nexthop") unsupported("a route with several next hops (nexthop)");
		else if (key === "ttl-propagate" || key === "pref") unsupported(`ip route option ${key}`);
		else {
			let word = key === "to" ? words.value() : key;
			const type = parseRouteType(word);
			if (type !== undefined) {
				r.type = type;
				word = words.value();
			}
			if (r.dst !== undefined) garbage("to", word);
			r.dst = prefixValue(word, family);
		}
	}
	if (r.type === RTN_ANYCAST || r.type === RTN_MULTICAST) unsupported("this route type");
	return r;
}
/** The scope and table that iproute2 fills in when a route is added. */
export function defaults(r: RouteRequest): { type: number; scope: number; table: number } {
	const type = r.type ?? RTN_UNICAST;
	let scope = 0;
	if (type === RTN_LOCAL || type === RTN_NAT) scope = 254;
	else if (type === RTN_BROADCAST) scope = 253;
	else if (type === RTN_UNICAST && r.gw === undefined) scope = 253;
	const local = type === RTN_LOCAL || type === RTN_BROADCAST || type === RTN_NAT;
	return { type, scope: r.scope ?? scope, table: r.table || (local ? 255 : 254) };
}

/** What `ip route show|flush` selects. */
export interface RouteFilter {
	/** A table's number, or `all`. */
	table?: number | "all";
	dev?: string;
	protocol?: number;
	scope?: number;
	type?: number;
	metric?: number;
	tos?: number;
	via?: number;
	src?: PrefixValue;
	root?: PrefixValue;
	match?: PrefixValue;
	cache?: boolean;
}
export function parseRouteFilter(words: Words, family: Family): RouteFilter {
	const r: RouteFilter = {};
	while (!words.done) {
		const key = words.keyword();
		if (abbreviates(key, "table")) {
			const word = words.value();
			if (word === "all" || word === UNKNOWN) r.table = "all";
			else if (word === "cache") r.cache = true;
			else r.table = parseTable(word) ?? badArgument("table id value is invalid", word, true);
		} else if (key === "vrf") unsupported("ip route option vrf");
		else if (abbreviates(key, "cached") || abbreviates(key, "cloned")) r.cache = true;
		else if (key === "tos" || abbreviates(key, "dsfield"))
			r.tos = numberValue(words.value(), "TOS value is invalid", 255);
		else if (abbreviates(key, "protocol")) {
			const word = words.value();
			if (word !== "all") r.protocol = namedValue(word, parseProtocol, 'invalid "protocol"', 3);
		} else if (abbreviates(key, "scope")) {
			const word = words.value();
			if (word !== "all") r.scope = namedValue(word, parseScope, 'invalid "scope"', 0);
		} else if (abbreviates(key, "type")) {
			const word = words.value();
			r.type = namedValue(word, parseRouteType, "node type value is invalid", 1);
		} else if (key === "dev" || key === "oif" || key === "iif") {
			if (key === "iif") unsupported("ip route show iif");
			r.dev = words.value();
		} else if (abbreviates(key, "metric") || abbreviates(key, "priority") || abbreviates(key, "preference")) {
			const word = words.value();
			r.metric = namedValue(word, (t) => parseNumber(t), '"metric" value is invalid', 0);
		} else if (key === "via") r.via = addressValue(words.value(), family);
		else if (key === "src") r.src = prefixValue(words.value(), family);
		else if (key === "from" || abbreviates(key, "realms") || key === "nhid")
			unsupported(`ip route show ${key}`);
		else {
			let word = key === "to" ? words.value() : key;
			let how = "exact";
			if (abbreviates(word, "root") || abbreviates(word, "match") || abbreviates(word, "exact")) {
				how = abbreviates(word, "root") ? "root" : abbreviates(word, "match") ? "match" : "exact";
				word = words.value();
			}
			const prefix = prefixValue(word, family);
			// a bare word is looked for exactly; `default` among them
			if (how !== "match") r.root = prefix;
			if (how !== "root") r.match = prefix;
		}
	}
	return r;
}
