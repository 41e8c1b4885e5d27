import { CaptureError, truncated } from "./error.ts";
import { Input } from "./input.ts";
import { BLOCK, BYTE_ORDER_MAGIC } from "./pcapng-format.ts";

/*
 * Every pcapng block (draft-ietf-opsawg-pcapng section 3.1):
 *
 *   0  type
 *   4  total length, header and trailer included, a multiple of 4
 *   8  body, padded
 *  -4  total length again
 *
 * in the byte order that the section's header block set.
 */

/** One block exactly as it stands in the file. */
export interface PcapngBlock {
	readonly type: number;
	readonly littleEndian: boolean;
	/** Offset in the file. */
	readonly offset: number;
	/** All of it, from the type to the second length: concatenated, the blocks are the file. */
	readonly bytes: Uint8Array;
}

/** Finds block after block, and follows the byte order from section to section. */
export class BlockCursor {
	/** Type of the block that `whole` found. */
	type = 0;
	littleEndian = true;
	#inSection = false;
	readonly #maxBlock: number;

	constructor(maxBlock: number) {
		this.#maxBlock = maxBlock;
	}

	/** Length of the block at the input's position, 0 if it is not there in full. Throws CaptureError on damage. */
	whole(input: Input): number {
		const { view, pos, length } = input;
		if (length < 8) return 0;
		const header = view.getUint32(pos, this.littleEndian) === BLOCK.sectionHeader;
		if (header) {
			if (length < 12) return 0;
			this.#startSection(view.getUint32(pos + 8, false), input.offset);
		} else if (!this.#inSection) {
			throw new CaptureError(
				input.offset,
				`no section yet; expected a pcapng Section Header Block (0a0d0d0a)`,
			);
		}
		const le = this.littleEndian;
		this.type = view.getUint32(pos, le);
		const size = view.getUint32(pos + 4, le);
		const least = header ? 28 : 12;
		if (size < least || size % 4 !== 0 || size > this.#maxBlock) {
			throw new CaptureError(
				input.offset,
				`${this.#name()} claims ${size} bytes; expected a multiple of 4 from ${least} to ${this.#maxBlock}`,
			);
		}
		if (length < size) return 0;
		const again = view.getUint32(pos + size - 4, le);
		if (again !== size) {
			throw new CaptureError(
				input.offset,
				`${this.#name()} ends with length ${again}; expected ${size} as at its start`,
			);
		}
		return size;
	}

	/** What the unread bytes are the beginning of. */
	expected(input: Input): string {
		if (input.length < 12) return "a pcapng block of at least 12 bytes";
		// `whole` has been here before, so type and byte order are this block's.
		return `a ${this.#name()} of ${input.view.getUint32(input.pos + 4, this.littleEndian)} bytes`;
	}

	#startSection(magic: number, offset: number): void {
		if (magic === BYTE_ORDER_MAGIC) this.littleEndian = false;
		else if (magic === 0x4d3c2b1a) this.littleEndian = true;
		else {
			const hex = magic.toString(16).padStart(8, "0");
			throw new CaptureError(offset, `section with byte-order magic ${hex}; expected 1a2b3c4d or 4d3c2b1a`);
		}
		this.#inSection = true;
	}

	#name(): string {
		for (const [name, type] of Object.entries(BLOCK)) if (type === this.type) return `pcapng ${name} block`;
		return `pcapng block of type 0x${this.type.toString(16)}`;
	}
}

/** The block of `size` bytes at the input's position. */
export function rawBlock(input: Input, cursor: BlockCursor, size: number): PcapngBlock {
	return {
		type: cursor.type,
		littleEndian: cursor.littleEndian,
		offset: input.offset,
		bytes: input.bytes.subarray(input.pos, input.pos + size),
	};
}

/** Largest block read by default, as in libpcap and Wireshark: 16 MiB. */
export const DEFAULT_MAX_BLOCK = 16 * 1024 * 1024;

/**
 * Streams a pcapng file as raw blocks, known or unknown: for filters and editors that must lose nothing.
 * Use as CaptureReader: `push`, then `next` until undefined; `end` at the end.
 */
export class PcapngBlockReader {
	readonly #input = new Input();
	readonly #cursor: BlockCursor;
	#ended = false;

	/** `maxBlock`: longest block accepted, in bytes. */
	constructor(maxBlock: number = DEFAULT_MAX_BLOCK) {
		this.#cursor = new BlockCursor(maxBlock);
	}

	push(chunk: Uint8Array): void {
		this.#input.push(chunk);
	}

	/** The next whole block, undefined if more bytes are needed. Throws CaptureError on damage, and again if asked again. */
	next(): PcapngBlock | undefined {
		const size = this.#cursor.whole(this.#input);
		if (size === 0) {
			if (this.#ended) this.#checkTail();
			return undefined;
		}
		const block = rawBlock(this.#input, this.#cursor, size);
		this.#input.pos += size;
		return block;
	}

	/** Says that the file ends here. Throws CaptureError if it ends inside a block; `next` does, if whole blocks are still unread. */
	end(): void {
		this.#ended = true;
		if (this.#cursor.whole(this.#input) === 0) this.#checkTail();
	}

	#checkTail(): void {
		const input = this.#input;
		if (input.offset === 0 && input.length === 0)
			throw new CaptureError(0, "empty file; expected a pcapng section");
		if (input.length > 0) throw truncated(input, this.#cursor.expected(input));
	}
}
