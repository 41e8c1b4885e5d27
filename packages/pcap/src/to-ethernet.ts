import { CaptureError } from "./error.ts";
import { LINKTYPE, linkTypeName } from "./linktype.ts";
import type { CaptureRecord } from "./record.ts";

const ETH_HLEN = 14;

/**
 * The record as an Ethernet frame from the destination MAC on, without FCS. Ethernet comes back as a view of the data
 * (its FCS cut off if the capture says there is one); raw IPv4 and IPv6 as a copy behind a header with both MACs zero.
 * Throws CaptureError for any other link type, and for raw IP whose version is neither 4 nor 6.
 */
export function toEthernet(record: CaptureRecord): Uint8Array {
	switch (record.linkType) {
		case LINKTYPE.ETHERNET:
			return withoutFcs(record);
		case LINKTYPE.RAW:
		case LINKTYPE.RAW_DLT:
		case LINKTYPE.RAW_OPENBSD:
			return behindHeader(record, record.data.length > 0 ? record.data[0]! >> 4 : -1);
		case LINKTYPE.IPV4:
			return behindHeader(record, 4);
		case LINKTYPE.IPV6:
			return behindHeader(record, 6);
		default:
			throw new CaptureError(
				record.offset,
				`link type ${linkTypeName(record.linkType)} has no Ethernet frames; expected ${linkTypeName(LINKTYPE.ETHERNET)} or raw IP`,
			);
	}
}

/** Bytes of FCS at the end of the record's packet on the wire; epb_flags bits 5-8 go before the interface's own word. */
function fcsLength(record: CaptureRecord): number {
	return (record.flags >>> 5) & 0xf || (record.iface.fcsLength ?? 0);
}

function withoutFcs(record: CaptureRecord): Uint8Array {
	const fcs = fcsLength(record);
	if (fcs === 0) return record.data;
	// The snap length may have cut all of it, or a part.
	const frame = Math.max(0, record.origLen - fcs);
	return record.data.length > frame ? record.data.subarray(0, frame) : record.data;
}

function behindHeader(record: CaptureRecord, version: number): Uint8Array {
	if (version !== 4 && version !== 6) {
		throw new CaptureError(
			record.offset,
			`link type ${linkTypeName(record.linkType)} with ${version < 0 ? "no byte of data" : `IP version ${version}`}; expected version 4 or 6`,
		);
	}
	const frame = new Uint8Array(ETH_HLEN + record.data.length);
	frame[12] = version === 4 ? 0x08 : 0x86;
	frame[13] = version === 4 ? 0x00 : 0xdd;
	frame.set(record.data, ETH_HLEN);
	return frame;
}
