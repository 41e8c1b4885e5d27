import { CaptureError } from "./error.ts";
import { OPT, padded } from "./pcapng-format.ts";
import { utf8Decode, utf8Encode } from "./utf8.ts";

/** One option: its code and its value as it stands in the file, without padding, integers in the section's byte order. */
export interface PcapngOption {
	readonly code: number;
	readonly value: Uint8Array;
}

/** Shared by all records without options. */
export const NO_OPTIONS: readonly PcapngOption[] = Object.freeze([]);

/**
 * Options from `start` to `end` of `bytes`, up to opt_endofopt if there is one. Values are views.
 * Throws CaptureError (at `offset`, the block's) for an option that runs over `end`.
 */
export function readOptions(
	bytes: Uint8Array,
	view: DataView,
	start: number,
	end: number,
	littleEndian: boolean,
	offset: number,
): readonly PcapngOption[] {
	if (end - start < 4) return NO_OPTIONS;
	const options: PcapngOption[] = [];
	for (let pos = start; pos + 4 <= end; ) {
		const code = view.getUint16(pos, littleEndian);
		const length = view.getUint16(pos + 2, littleEndian);
		if (code === OPT.endOfOpt) break;
		if (pos + 4 + length > end) {
			throw new CaptureError(
				offset,
				`option ${code} claims ${length} bytes; expected at most ${end - pos - 4}, the rest of its block`,
			);
		}
		options.push({ code, value: bytes.subarray(pos + 4, pos + 4 + length) });
		pos += 4 + padded(length);
	}
	return options;
}

/** Options as bytes, each padded, closed by opt_endofopt; nothing at all for none. Throws RangeError above 65,535 bytes a value. */
export function writeOptions(options: readonly PcapngOption[], littleEndian: boolean): Uint8Array {
	if (options.length === 0) return new Uint8Array(0);
	let size = 4;
	for (const { code, value } of options) {
		if (value.length > 0xffff) {
			throw new RangeError(`pcapng option ${code} has ${value.length} bytes; expected at most 65535`);
		}
		size += 4 + padded(value.length);
	}
	const bytes = new Uint8Array(size);
	const view = new DataView(bytes.buffer);
	let pos = 0;
	for (const { code, value } of options) {
		view.setUint16(pos, code, littleEndian);
		view.setUint16(pos + 2, value.length, littleEndian);
		bytes.set(value, pos + 4);
		pos += 4 + padded(value.length);
	}
	return bytes;
}

/** Value of the first option with that code. */
export function findOption(options: readonly PcapngOption[], code: number): Uint8Array | undefined {
	for (const option of options) if (option.code === code) return option.value;
	return undefined;
}

/** UTF-8 text of the first option with that code. Some writers end it with NUL, which the draft does not want: cut. */
export function optionText(options: readonly PcapngOption[], code: number): string | undefined {
	const value = findOption(options, code);
	return value && utf8Decode(value).replace(/\0+$/, "");
}

/** Unsigned 32-bit value of the first option with that code; undefined if absent or not 4 bytes long. */
export function optionU32(
	options: readonly PcapngOption[],
	code: number,
	littleEndian: boolean,
): number | undefined {
	const value = findOption(options, code);
	if (value?.length !== 4) return undefined;
	return new DataView(value.buffer, value.byteOffset, 4).getUint32(0, littleEndian);
}

/** Unsigned 64-bit value of the first option with that code; undefined if absent or not 8 bytes long. */
export function optionU64(
	options: readonly PcapngOption[],
	code: number,
	littleEndian: boolean,
): bigint | undefined {
	const value = findOption(options, code);
	if (value?.length !== 8) return undefined;
	return new DataView(value.buffer, value.byteOffset, 8).getBigUint64(0, littleEndian);
}

/** An option holding text. */
export function textOption(code: number, text: string): PcapngOption {
	return { code, value: utf8Encode(text) };
}

/** An option holding an unsigned 32-bit number. */
export function u32Option(code: number, value: number, littleEndian: boolean): PcapngOption {
	const bytes = new Uint8Array(4);
	new DataView(bytes.buffer).setUint32(0, value, littleEndian);
	return { code, value: bytes };
}

/** An option holding a 64-bit number; a negative one is written in two's complement (if_tsoffset). */
export function u64Option(code: number, value: bigint, littleEndian: boolean): PcapngOption {
	const bytes = new Uint8Array(8);
	new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), littleEndian);
	return { code, value: bytes };
}

/**
 * A packet's option for a section of the other byte order: the integers that the draft defines are turned round
 * (flags, dropcount, packetid, queue, and the enterprise number that a custom option begins with), all else is bytes.
 */
export function swapPacketOption(option: PcapngOption): PcapngOption {
	const value = option.value.slice();
	switch (option.code) {
		case OPT.epbFlags:
		case OPT.epbDropcount:
		case OPT.epbPacketid:
		case OPT.epbQueue:
			value.reverse();
			break;
		case OPT.customText:
		case OPT.customBinary:
		case OPT.customTextNoCopy:
		case OPT.customBinaryNoCopy:
			value.subarray(0, 4).reverse();
			break;
	}
	return { code: option.code, value };
}
