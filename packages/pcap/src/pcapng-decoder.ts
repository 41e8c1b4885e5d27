import { CaptureError } from "./error.ts";
import type { Input } from "./input.ts";
import { BlockCursor, type PcapngBlock, rawBlock } from "./pcapng-block.ts";
import { BLOCK, OPT, padded } from "./pcapng-format.ts";
import { NO_OPTIONS, optionText, optionU32, readOptions } from "./pcapng-option.ts";
import { type PcapngSection, readInterface, readSection } from "./pcapng-section.ts";
import type { CaptureInterface, CaptureRecord } from "./record.ts";

/** More interfaces than any capture has; bounds what a corrupt one can make us keep. */
const MAX_INTERFACES = 65_536;

/** Takes pcapng apart: section by section, interfaces kept, packets returned, every block shown to `onBlock`. */
export class PcapngDecoder {
	/** The section that the reading is in. */
	header: PcapngSection | undefined;
	readonly #interfaces: CaptureInterface[];
	readonly #cursor: BlockCursor;
	readonly #onBlock: ((block: PcapngBlock) => void) | undefined;
	#section = -1;
	/** Index in `#interfaces` of the section's interface 0. */
	#firstInterface = 0;

	constructor(interfaces: CaptureInterface[], maxBlock: number, onBlock?: (block: PcapngBlock) => void) {
		this.#interfaces = interfaces;
		this.#cursor = new BlockCursor(maxBlock);
		this.#onBlock = onBlock;
	}

	/** The next packet, undefined if more bytes are needed. Throws CaptureError on damage. */
	next(input: Input): CaptureRecord | undefined {
		for (;;) {
			const size = this.#cursor.whole(input);
			if (size === 0) return undefined;
			const record = this.#read(input, size);
			this.#onBlock?.(rawBlock(input, this.#cursor, size));
			input.pos += size;
			if (record !== undefined) return record;
		}
	}

	/** What the unread bytes are the beginning of. */
	expected(input: Input): string {
		return this.#cursor.expected(input);
	}

	#read(input: Input, size: number): CaptureRecord | undefined {
		switch (this.#cursor.type) {
			case BLOCK.enhancedPacket:
				return this.#stampedPacket(input, size, input.view.getUint32(input.pos + 8, this.#le));
			case BLOCK.packet:
				// The obsolete block differs in this alone: a 16-bit interface, and 16 bits of drop count behind it.
				return this.#stampedPacket(input, size, input.view.getUint16(input.pos + 8, this.#le));
			case BLOCK.simplePacket:
				return this.#simplePacket(input, size);
			case BLOCK.sectionHeader:
				this.header = readSection(input, size, this.#le);
				this.#section++;
				this.#firstInterface = this.#interfaces.length;
				return undefined;
			case BLOCK.interfaceDescription:
				this.#addInterface(input, size);
				return undefined;
			default:
				return undefined;
		}
	}

	get #le(): boolean {
		return this.#cursor.littleEndian;
	}

	#addInterface(input: Input, size: number): void {
		const id = this.#interfaces.length;
		if (id >= MAX_INTERFACES) {
			throw new CaptureError(
				input.offset,
				`one interface too many; expected at most ${MAX_INTERFACES} in a file`,
			);
		}
		const place = { id, section: this.#section, idInSection: id - this.#firstInterface };
		this.#interfaces.push(readInterface(input, size, this.#le, place));
	}

	#interface(idInSection: number, offset: number): CaptureInterface {
		const iface = this.#interfaces[this.#firstInterface + idInSection];
		if (iface === undefined) {
			const known = this.#interfaces.length - this.#firstInterface;
			throw new CaptureError(
				offset,
				`packet of interface ${idInSection}; expected one of the section's ${known}`,
			);
		}
		return iface;
	}

	/** Enhanced Packet Block (draft section 4.3) and Packet Block (appendix A). */
	#stampedPacket(input: Input, size: number, idInSection: number): CaptureRecord {
		const { view, pos, offset, bytes } = input;
		const le = this.#le;
		const room = size - 32;
		const capLen = room < 0 ? 0 : view.getUint32(pos + 20, le);
		if (padded(capLen) > room) {
			throw new CaptureError(
				offset,
				`packet block of ${size} bytes for ${capLen} bytes of packet; expected at least ${32 + padded(capLen)}`,
			);
		}
		const iface = this.#interface(idInSection, offset);
		const afterData = pos + 28 + padded(capLen);
		const options = readOptions(bytes, view, afterData, pos + size - 4, le, offset);
		return {
			interfaceId: iface.id,
			iface,
			linkType: iface.linkType,
			hasTimestamp: true,
			tsHigh: view.getUint32(pos + 12, le),
			tsLow: view.getUint32(pos + 16, le),
			data: bytes.subarray(pos + 28, pos + 28 + capLen),
			origLen: view.getUint32(pos + 24, le),
			flags: optionU32(options, OPT.epbFlags, le) ?? 0,
			comment: optionText(options, OPT.comment),
			options,
			offset,
		};
	}

	/** Simple Packet Block (draft section 4.4): always interface 0, no stamp, as many bytes as its snapLen leaves. */
	#simplePacket(input: Input, size: number): CaptureRecord {
		const { view, pos, offset, bytes } = input;
		const iface = this.#interface(0, offset);
		const room = size - 16;
		const origLen = room < 0 ? 0 : view.getUint32(pos + 8, this.#le);
		const capLen = iface.snapLen === 0 ? origLen : Math.min(origLen, iface.snapLen);
		if (capLen > room) {
			throw new CaptureError(
				offset,
				`simple packet block of ${size} bytes for ${capLen} bytes of packet; expected at least ${16 + padded(capLen)}`,
			);
		}
		return {
			interfaceId: iface.id,
			iface,
			linkType: iface.linkType,
			hasTimestamp: false,
			tsHigh: 0,
			tsLow: 0,
			data: bytes.subarray(pos + 12, pos + 12 + capLen),
			origLen,
			flags: 0,
			comment: undefined,
			options: NO_OPTIONS,
			offset,
		};
	}
}
