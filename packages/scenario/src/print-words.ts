/** The words of each kind of record. */
import { deliveryName } from "@hookline/engine/frame/delivery";
import { dropReasonName } from "@hookline/engine/frame/drop";
import { TABLE_NAMES } from "@hookline/engine/netfilter/rule";
import * as K from "@hookline/engine/trace/kinds";
import {
	address6Text,
	addressText,
	CT_INFO,
	durationText,
	ERRNOS,
	hookText,
	icmpText,
	listed,
	macText,
	NEIGH_STATES,
	numberText,
	PACKET_TYPES,
	plural,
	REJECTS,
	REJECTS6,
	ROUTE_TABLES,
	ROUTE_TYPES,
	VERDICTS,
} from "./print-values.ts";
import type { TraceRecord } from "./record.ts";

type DevName = (id: number) => string;
type Words = (r: TraceRecord, dev: DevName) => string;

const packet = (text: string): string => (text === "" ? "" : `: ${text}`);
const verdict = (r: TraceRecord): string => listed(VERDICTS, r.d, "verdict");
const table = (id: number): string =>
	id >= K.TABLE6 ? `ip6 ${listed(TABLE_NAMES, id - K.TABLE6, "table")}` : listed(TABLE_NAMES, id, "table");
const reject = (kind: number): string =>
	kind >= K.REJECT6 ? listed(REJECTS6, kind - K.REJECT6, "kind") : listed(REJECTS, kind, "kind");
const natWhich = (r: TraceRecord): string => (r.b === 0 ? "source" : "destination");
const natTo = (r: TraceRecord): string => `${addressText(r.c)}${r.d === 0 ? "" : `:${r.d}`}`;

const WORDS: ReadonlyMap<number, Words> = new Map<number, Words>([
	[K.T_ALLOC, (r) => `${r.a >= 0 ? `copy of ${numberText(r.a)}` : "new frame"}, ${plural(r.b, "byte")}`],
	[K.T_DELIVERED, (r) => `delivered to ${deliveryName(r.a)}`],
	[K.T_DROPPED, (r) => `dropped: ${dropReasonName(r.a)}`],
	[K.T_TX, (r) => `tx ${plural(r.a, "byte")}${packet(r.text)}`],
	[K.T_RX, (r) => `rx ${plural(r.a, "byte")}${PACKET_TYPES[r.b] ?? ""}${packet(r.text)}`],
	[
		K.T_HOOK,
		(r, dev) => {
			const input = r.b < 0 ? "" : ` in=${dev(r.b)}`;
			const output = r.c < 0 ? "" : ` out=${dev(r.c)}`;
			return `hook ${hookText(r.a)}${input}${output}`;
		},
	],
	[K.T_RULE, (r) => `rule ${r.text || `${table(r.a)} chain ${r.b} rule ${r.c}`} -> ${verdict(r)}`],
	[K.T_POLICY, (r) => `policy of ${r.text || `${table(r.a)} chain ${r.b}`} -> ${verdict(r)}`],
	[
		K.T_CT,
		(r) => {
			const words = r.text === "" ? "" : ` ${r.text}`;
			if (r.c < 0) return `conntrack invalid${words}`;
			return `conntrack ${r.c === 1 ? "new" : listed(CT_INFO, r.b, "ctinfo")} ct ${r.a}${words}`;
		},
	],
	[K.T_CT_CONFIRM, (r) => `conntrack confirmed ct ${r.a}`],
	[K.T_NAT, (r) => `nat ct ${r.a}: ${natWhich(r)} ${r.text || `becomes ${natTo(r)}`}`],
	[K.T_NAT_REWRITE, (r) => `nat ct ${r.a}: ${natWhich(r)} rewritten to ${natTo(r)}`],
	[
		K.T_ROUTE,
		(r, dev) => {
			const via = r.c === 0 ? "" : ` via ${addressText(r.c)}`;
			const out = r.dev < 0 ? "" : ` dev ${dev(r.dev)}`;
			const type = ROUTE_TYPES[r.b] ?? `type ${r.b} `;
			return `route ${type}${addressText(r.a)}${via}${out} table ${ROUTE_TABLES[r.d] ?? r.d}`;
		},
	],
	[
		K.T_ROUTE_FAIL,
		(r) => `no route to ${addressText(r.a)} from ${addressText(r.b)}: ${listed(ERRNOS, r.c, "errno")}`,
	],
	[
		K.T_NEIGH,
		(r) => {
			const known = r.c !== 0 || r.d !== 0 ? ` ${macText(r.c, r.d)}` : "";
			return `neigh ${addressText(r.a)} ${listed(NEIGH_STATES, r.b, "state")}${known}`;
		},
	],
	[K.T_NEIGH_QUEUE, (r) => `waits for ARP of ${addressText(r.a)}, ${plural(r.b, "frame")} waiting`],
	[
		K.T_ARP,
		(r) => {
			const op = r.a === 1 ? "request for" : r.a === 2 ? "reply to" : `operation ${r.a} for`;
			return `arp ${op} ${addressText(r.b)}${r.c === 1 ? ", answered" : ""}`;
		},
	],
	[
		K.T_FDB,
		(r, dev) => {
			const to = r.d === 1 ? `${r.a < 0 ? "here" : dev(r.a)} (local)` : r.a < 0 ? "unknown" : dev(r.a);
			return `fdb ${macText(r.b, r.c)} -> ${to}`;
		},
	],
	[K.T_FDB_LEARN, (r, dev) => `fdb ${r.d === 1 ? "moved" : "learned"} ${macText(r.b, r.c)} at ${dev(r.a)}`],
	[K.T_FLOOD, (r) => `flood ${plural(r.a, "port")}`],
	[
		K.T_VXLAN_FDB,
		(r) =>
			`vxlan fdb ${macText(r.b, r.c)} -> ${addressText(r.a)}${r.d === 1 ? " (default destination)" : ""}`,
	],
	[K.T_ENCAP, (r) => `vxlan encapsulate vni ${r.a} ${addressText(r.b)}:${r.d} > ${addressText(r.c)}`],
	[K.T_DECAP, (r) => `vxlan decapsulate vni ${r.a} from ${addressText(r.b)}`],
	[K.T_VXLAN_LEARN, (r) => `vxlan fdb learned ${macText(r.b, r.c)} at ${addressText(r.a)}`],
	[K.T_FRAGMENT, (r) => `fragment into ${plural(r.b, "piece")}, mtu ${r.a}`],
	[
		K.T_DEFRAG,
		(r) => (r.a === 1 ? `reassembled, ${plural(r.b, "byte")}` : "fragment kept, waits for the others"),
	],
	[K.T_ICMP_SEND, (r) => `answer icmp ${icmpText(r.a, r.b)} to ${addressText(r.c)}`],
	[K.T_REJECT, (r) => `reject with ${reject(r.a)} in ${hookText(r.b)}`],
	[K.T_TTL, (r) => `ttl ${r.a}`],
	[K.T_WIRE, (r) => `on the wire for ${r.a === 0x7fffffff ? "at least " : ""}${durationText(r.a)}`],
	[K.T_SOCKET, (r) => `socket of port ${r.a}`],
	[
		K.T_RATELIMIT,
		(r) => `answer icmp ${icmpText(r.a, -1)} to ${addressText(r.b)} held back by the rate limit`,
	],
	[K.T_ROUTE6, (r, dev) => `route ${address6Text([r.a, r.b, r.c, r.d])} dev ${dev(r.dev)}`],
	[K.T_ROUTE6_FAIL, (r) => `no route to ${address6Text([r.a, r.b, r.c, r.d])}`],
	[K.T_NAT6, (r) => `nat: rewritten to ${address6Text([r.a, r.b, r.c, r.d])}`],
	[K.T_NEIGH6, (r) => `neigh ${address6Text([r.a, r.b, r.c, r.d])}`],
	[K.T_NEIGH6_QUEUE, (r) => `waits for an advertisement of ${address6Text([r.a, r.b, r.c, r.d])}`],
	[K.T_ICMP6_SEND, (r) => `answer icmpv6 type ${r.a} code ${r.b}`],
	[K.T_RATELIMIT6, (r) => `answer icmpv6 type ${r.a} code ${r.b} held back by the rate limit`],
	[K.T_BR_NF, (r) => `bridged frame goes through iptables at ${hookText(r.a)}`],
]);

/** What a record says, without time and place. A kind of a later version prints as its numbers. */
export function words(r: TraceRecord, dev: DevName): string {
	const w = WORDS.get(r.kind);
	if (w === undefined) return `record of kind ${r.kind}: ${r.a} ${r.b} ${r.c} ${r.d}`;
	return w(r, dev);
}
/** Are there words for this kind? */
export function hasWords(kind: number): boolean {
	return WORDS.has(kind);
}
