import { CaptureError } from "./error.ts";
import type { Input } from "./input.ts";
import { OPT } from "./pcapng-format.ts";
import { findOption, optionText, optionU64, type PcapngOption, readOptions } from "./pcapng-option.ts";
import type { CaptureInterface } from "./record.ts";

/** A Section Header Block (draft section 4.1). */
export interface PcapngSection {
	readonly format: "pcapng";
	readonly littleEndian: boolean;
	readonly versionMajor: number;
	readonly versionMinor: number;
	/** Bytes from the next block to the end of the section; -1n if the writer did not know. Not relied on. */
	readonly sectionLength: bigint;
	readonly hardware: string | undefined;
	readonly os: string | undefined;
	readonly userAppl: string | undefined;
	readonly comment: string | undefined;
	readonly options: readonly PcapngOption[];
}

/** Reads the Section Header Block of `size` bytes at the input's position. Throws CaptureError unless its version is 1.0 (or 1.2, the same). */
export function readSection(input: Input, size: number, littleEndian: boolean): PcapngSection {
	const { view, pos } = input;
	const versionMajor = view.getUint16(pos + 12, littleEndian);
	const versionMinor = view.getUint16(pos + 14, littleEndian);
	if (versionMajor !== 1 || (versionMinor !== 0 && versionMinor !== 2)) {
		throw new CaptureError(input.offset, `pcapng version ${versionMajor}.${versionMinor}; expected 1.0`);
	}
	const options = readOptions(input.bytes, view, pos + 24, pos + size - 4, littleEndian, input.offset);
	return {
		format: "pcapng",
		littleEndian,
		versionMajor,
		versionMinor,
		sectionLength: view.getBigInt64(pos + 16, littleEndian),
		hardware: optionText(options, OPT.shbHardware),
		os: optionText(options, OPT.shbOs),
		userAppl: optionText(options, OPT.shbUserAppl),
		comment: optionText(options, OPT.comment),
		options,
	};
}

/** Reads the Interface Description Block (draft section 4.2) of `size` bytes at the input's position. */
export function readInterface(
	input: Input,
	size: number,
	littleEndian: boolean,
	place: { id: number; section: number; idInSection: number },
): CaptureInterface {
	const { view, pos } = input;
	if (size < 20) {
		throw new CaptureError(input.offset, `interface description of ${size} bytes; expected at least 20`);
	}
	const options = readOptions(input.bytes, view, pos + 16, pos + size - 4, littleEndian, input.offset);
	return {
		...place,
		linkType: view.getUint16(pos + 8, littleEndian),
		snapLen: view.getUint32(pos + 12, littleEndian),
		tsresol: findOption(options, OPT.ifTsresol)?.[0] ?? 6,
		tsoffset: BigInt.asIntN(64, optionU64(options, OPT.ifTsoffset, littleEndian) ?? 0n),
		split: false,
		littleEndian,
		fcsLength: fcsBytes(findOption(options, OPT.ifFcslen)?.[0]),
		name: optionText(options, OPT.ifName),
		description: optionText(options, OPT.ifDescription),
		options,
	};
}

/** The draft says bits, its example and most writers bytes; no FCS has more than 8 bytes or less than 8 bits, but for none. */
function fcsBytes(value: number | undefined): number | undefined {
	return value === undefined || value <= 8 ? value : value >> 3;
}
