import { CaptureError } from "./error.ts";
import type { PcapngBlock } from "./pcapng-block.ts";
import { BLOCK, OPT, padded } from "./pcapng-format.ts";
import { findOption, optionText, optionU64, type PcapngOption, readOptions } from "./pcapng-option.ts";
import { utf8Decode } from "./utf8.ts";

/** An Interface Statistics Block (draft section 4.6). Counters that the file does not give are undefined. */
export interface PcapngStatistics {
	/** Interface number within the section. */
	readonly idInSection: number;
	/** Raw stamps, in units of the interface's if_tsresol. */
	readonly timestamp: bigint;
	readonly startTime: bigint | undefined;
	readonly endTime: bigint | undefined;
	readonly received: bigint | undefined;
	readonly dropped: bigint | undefined;
	readonly filterAccepted: bigint | undefined;
	readonly osDropped: bigint | undefined;
	readonly delivered: bigint | undefined;
	readonly comment: string | undefined;
	readonly options: readonly PcapngOption[];
}

/** One record of a Name Resolution Block (draft section 4.5): 4 or 16 bytes of address (6 or 8 for the EUI kinds) and its names. */
export interface PcapngName {
	/** 1 = IPv4, 2 = IPv6, 3 = EUI-48, 4 = EUI-64. */
	readonly type: number;
	readonly address: Uint8Array;
	readonly names: readonly string[];
}

/** A Custom Block (draft section 4.8). What is in `data`, options included, only the enterprise knows. */
export interface PcapngCustom {
	/** IANA private enterprise number. */
	readonly pen: number;
	readonly mayCopy: boolean;
	readonly data: Uint8Array;
}

function viewOf({ bytes }: PcapngBlock): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Takes an Interface Statistics Block apart. Throws CaptureError if it is too short or another block. */
export function readStatistics(block: PcapngBlock): PcapngStatistics {
	check(block, block.type === BLOCK.interfaceStatistics, 24, "interface statistics block");
	const { bytes, littleEndian: le, offset } = block;
	const view = viewOf(block);
	const stamp = (at: number) => (BigInt(view.getUint32(at, le)) << 32n) | BigInt(view.getUint32(at + 4, le));
	const options = readOptions(bytes, view, 20, bytes.length - 4, le, offset);
	const time = (code: number): bigint | undefined => {
		const value = findOption(options, code);
		// Two 32-bit words, the high one first in either byte order (draft section 4.6).
		return value?.length === 8 ? stamp(value.byteOffset - bytes.byteOffset) : undefined;
	};
	return {
		idInSection: view.getUint32(8, le),
		timestamp: stamp(12),
		startTime: time(OPT.isbStarttime),
		endTime: time(OPT.isbEndtime),
		received: optionU64(options, OPT.isbIfrecv, le),
		dropped: optionU64(options, OPT.isbIfdrop, le),
		filterAccepted: optionU64(options, OPT.isbFilteraccept, le),
		osDropped: optionU64(options, OPT.isbOsdrop, le),
		delivered: optionU64(options, OPT.isbUsrdeliv, le),
		comment: optionText(options, OPT.comment),
		options,
	};
}

const ADDRESS_LENGTH: Record<number, number> = { 1: 4, 2: 16, 3: 6, 4: 8 };

/** Takes a Name Resolution Block apart; records of kinds that the draft does not have are passed over. Throws CaptureError on damage. */
export function readNames(block: PcapngBlock): PcapngName[] {
	check(block, block.type === BLOCK.nameResolution, 12, "name resolution block");
	const { bytes, littleEndian: le, offset } = block;
	const view = viewOf(block);
	const end = bytes.length - 4;
	const found: PcapngName[] = [];
	for (let pos = 8; pos + 4 <= end; ) {
		const type = view.getUint16(pos, le);
		const length = view.getUint16(pos + 2, le);
		if (type === 0) break;
		const addressLength = ADDRESS_LENGTH[type];
		if (pos + 4 + length > end || length < (addressLength ?? 0)) {
			throw new CaptureError(
				offset,
				`name record of type ${type} claims ${length} bytes; expected ${addressLength ?? 0} to ${end - pos - 4}`,
			);
		}
		if (addressLength !== undefined) {
			const value = bytes.subarray(pos + 4, pos + 4 + length);
			const names = utf8Decode(value.subarray(addressLength)).split("\0");
			found.push({ type, address: value.subarray(0, addressLength), names: names.filter((n) => n !== "") });
		}
		pos += 4 + padded(length);
	}
	return found;
}

/** Takes a Custom Block apart. Throws CaptureError if it is too short or another block. */
export function readCustom(block: PcapngBlock): PcapngCustom {
	const mayCopy = block.type === BLOCK.custom;
	check(block, mayCopy || block.type === BLOCK.customNoCopy, 16, "custom block");
	return {
		pen: viewOf(block).getUint32(8, block.littleEndian),
		mayCopy,
		data: block.bytes.subarray(12, block.bytes.length - 4),
	};
}

function check(block: PcapngBlock, rightType: boolean, least: number, name: string): void {
	if (rightType && block.bytes.length >= least) return;
	const type = `0x${block.type.toString(16)}`;
	throw new CaptureError(
		block.offset,
		`block of type ${type} and ${block.bytes.length} bytes; expected a ${name} of at least ${least}`,
	);
}
