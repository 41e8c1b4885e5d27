/** Tuples of IPv6 packets (ipv6_get_l4proto, nf_ct_get_tuple). */
import type { In6Table } from "../ring/in6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { Ipv6Walk } from "../wire/ipv6-ext.ts";
import { KEY_IPV6, readPorts, T_DST, T_KEY, T_SRC } from "./ct-tuple.ts";

/** What a walk finds is used up before the next one starts. */
const WALK: Ipv6Walk = new Ipv6Walk();

/**
 * Read the tuple of the IPv6 packet at `nh` that ends at `end` into `out`. `zone` is the namespace's key. False: not a packet that
 * can be tracked (a later fragment, a header that does not fit, no next header).
 */
export function readTuple6(
	in6: In6Table,
	view: DataView,
	nh: number,
	end: number,
	zone: number,
	out: Int32Array,
): boolean {
	if (nh + ipv6.IP6_HLEN > end) return false;
	const th = WALK.skipFrom(view, nh, end);
	if (th < 0 || (WALK.frag & ipv6.FRAG_OFFSET) !== 0) return false;
	return readTupleAt(in6, view, nh, th, end, WALK.next, zone, out);
}
/** The same, where the `protocol` header is known to stand at `th`. */
export function readTupleAt(
	in6: In6Table,
	view: DataView,
	nh: number,
	th: number,
	end: number,
	protocol: number,
	zone: number,
	out: Int32Array,
): boolean {
	if (!readPorts(view, th, end, protocol, out)) return false;
	out[T_SRC] = in6.internAt(view, nh + ipv6.SADDR);
	out[T_DST] = in6.internAt(view, nh + ipv6.DADDR);
	out[T_KEY] = zone | KEY_IPV6 | protocol;
	return true;
}
