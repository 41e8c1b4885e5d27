/**
 * The way through the headers between IPv6 and the transport, as the kernel's two walks go it: `skip` is ipv6_skip_exthdr
 * (net/ipv6/exthdrs_core.c), `findHeader` ipv6_find_hdr. What they find besides the offset is left in the fields.
 */
import {
	extensionLength,
	FRAG_OFF,
	FRAG_OFFSET,
	IP6_HLEN,
	isExtension,
	NEXT_HDR,
	NEXTHDR_FRAGMENT,
	NEXTHDR_NONE,
	NEXTHDR_ROUTING,
} from "./ipv6.ts";

/** There is no such header. */
export const NO_HEADER = -1;
/** A header does not fit into the packet. */
export const BAD_HEADER = -2;

export class Ipv6Walk {
	/** `skip`: the protocol at the offset that was returned. `findHeader`: the kind of that header. */
	next = 0;
	/** `skip`: the 16-bit word of the last fragment header on the way, 0 none. `findHeader`: the offset in bytes of a later fragment. */
	frag = 0;

	/**
	 * Offset of the first header that is no extension, from the header of kind `next` at `start` on; a later fragment ends at its
	 * fragment header. The offset may lie behind `end` if a header says so. -1: "no next header", or one that does not fit.
	 */
	skip(view: DataView, start: number, next: number, end: number): number {
		this.frag = 0;
		let o = start;
		let kind = next;
		while (isExtension(kind)) {
			if (kind === NEXTHDR_NONE || o + 2 > end) return -1;
			if (kind === NEXTHDR_FRAGMENT) {
				if (o + FRAG_OFF + 2 > end) return -1;
				this.frag = view.getUint16(o + FRAG_OFF);
				if ((this.frag & FRAG_OFFSET) !== 0) break;
			}
			const length = extensionLength(view, o, kind);
			kind = view.getUint8(o);
			o += length;
		}
		this.next = kind;
		return o;
	}
	/** `skip` from the IPv6 header at `nh` on. */
	skipFrom(view: DataView, nh: number, end: number): number {
		return this.skip(view, nh + IP6_HLEN, view.getUint8(nh + NEXT_HDR), end);
	}
	/**
	 * Offset of the first header of kind `target` in the packet at `nh` that ends at `end`; `target` -1: of the first that is no
	 * extension (59 counts as one to stop at). In a later fragment that is 0, with its kind in `next` and where it lies in `frag`.
	 * NO_HEADER, BAD_HEADER.
	 */
	findHeader(view: DataView, nh: number, end: number, target: number): number {
		this.frag = 0;
		let o = nh + IP6_HLEN;
		let kind = view.getUint8(nh + NEXT_HDR);
		for (;;) {
			const found = kind === target;
			if (!isExtension(kind) || kind === NEXTHDR_NONE) {
				if (target >= 0 && !found) return NO_HEADER;
				break;
			}
			// of a routing header it reads its type and its segments left too
			if (o + (kind === NEXTHDR_ROUTING ? 4 : 2) > end) return BAD_HEADER;
			if (kind === NEXTHDR_FRAGMENT) {
				if (o + FRAG_OFF + 2 > end) return BAD_HEADER;
				const offset = view.getUint16(o + FRAG_OFF) & FRAG_OFFSET;
				if (offset !== 0) {
					const behind = view.getUint8(o);
					if (target < 0 && (!isExtension(behind) || behind === NEXTHDR_NONE)) {
						this.frag = offset;
						this.next = behind;
						return 0;
					}
					if (!found) return NO_HEADER;
					this.frag = offset;
					break;
				}
			}
			if (found) break;
			const length = extensionLength(view, o, kind);
			kind = view.getUint8(o);
			o += length;
		}
		this.next = kind;
		return o;
	}
}
