/** What IPv6 rules that look at protocols and ports see of a packet (fib6_rules_early_flow_dissect, the flow dissector's walk). */
import { PORTS_FIRST } from "../ip/fib-rules.ts";
import {
	extensionLength,
	IP6_HLEN,
	NEXT_HDR,
	NEXTHDR_DEST,
	NEXTHDR_FRAGMENT,
	NEXTHDR_HOP,
	NEXTHDR_ROUTING,
} from "../wire/ipv6.ts";
import type { Flow6 } from "./fib6-rules.ts";

/** Sets protocol and ports of the flow; a fragment, even the first one, has no ports. */
export function dissect6(flow: Flow6, view: DataView, nh: number, end: number): void {
	let o = nh + IP6_HLEN;
	let kind = view.getUint8(nh + NEXT_HDR);
	while ((kind === NEXTHDR_HOP || kind === NEXTHDR_ROUTING || kind === NEXTHDR_DEST) && o + 2 <= end) {
		const length = extensionLength(view, o, kind);
		kind = view.getUint8(o);
		o += length;
	}
	if (kind === NEXTHDR_FRAGMENT) flow.setTransport(o + 8 <= end ? view.getUint8(o) : kind, 0, 0);
	else if (!PORTS_FIRST.has(kind) || o + 4 > end) flow.setTransport(kind, 0, 0);
	else flow.setTransport(kind, view.getUint16(o), view.getUint16(o + 2));
}
