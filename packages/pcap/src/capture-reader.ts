import { CaptureError, truncated } from "./error.ts";
import { Input } from "./input.ts";
import { PcapDecoder } from "./pcap-decoder.ts";
import { PCAP_MAGIC_NS, PCAP_MAGIC_US, type PcapHeader } from "./pcap-header.ts";
import { DEFAULT_MAX_BLOCK, type PcapngBlock } from "./pcapng-block.ts";
import { PcapngDecoder } from "./pcapng-decoder.ts";
import { BLOCK } from "./pcapng-format.ts";
import type { PcapngSection } from "./pcapng-section.ts";
import type { CaptureInterface, CaptureRecord } from "./record.ts";

export interface CaptureReaderOptions {
	/**
	 * Longest record (pcap) or block (pcapng) accepted, in bytes; a longer claim counts as damage. Default: 256 MiB for
	 * pcap, where the header's snapLen or 262,144 (the larger) binds first; 16 MiB for pcapng.
	 */
	readonly maxRecordLength?: number;
	/**
	 * pcapng only: called with every block, packets and unknown ones too, in file order, as it is read.
	 * readStatistics, readNames and readCustom take some of them apart.
	 */
	readonly onBlock?: (block: PcapngBlock) => void;
}

const DEFAULT_MAX_PCAP_RECORD = 256 * 1024 * 1024;

/**
 * Reads pcap and pcapng as a stream:
 *
 *     reader.push(chunk); while ((record = reader.next()) !== undefined) …     for every chunk
 *     reader.end();                                                            after the last
 *
 * All whole records before damage come out of `next` first; then `next` (or `end`, for a file that just stops) throws
 * CaptureError, and goes on throwing it. Memory: one record and one chunk, if records are taken after every push.
 */
export class CaptureReader {
	/** Undefined until the first 4 bytes are in. */
	format: "pcap" | "pcapng" | undefined = undefined;
	/** All interfaces met so far, through all sections; `record.interfaceId` is an index here. */
	readonly interfaces: CaptureInterface[] = [];
	readonly #input: Input;
	readonly #options: CaptureReaderOptions;
	#decoder: PcapDecoder | PcapngDecoder | undefined = undefined;
	/** Read by `end` to see whether one is there. */
	#ahead: CaptureRecord | undefined = undefined;
	#ended = false;

	/** With `whole`, reads that array in place instead of pushed chunks; it must not change while records are in use. */
	constructor(options: CaptureReaderOptions = {}, whole?: Uint8Array) {
		this.#options = options;
		this.#input = new Input(whole);
	}

	/** The pcap header, or the pcapng section that the reading is in; undefined until it has been read. */
	get header(): PcapHeader | PcapngSection | undefined {
		return this.#decoder?.header;
	}

	/** Appends a copy of the file's next bytes. */
	push(chunk: Uint8Array): void {
		if (this.#ended) throw new TypeError("CaptureReader: push after end");
		this.#input.push(chunk);
	}

	/** The next whole record, undefined if more bytes are needed (or, after `end`, if there is no more). Throws CaptureError on damage. */
	next(): CaptureRecord | undefined {
		const ahead = this.#ahead;
		if (ahead !== undefined) {
			this.#ahead = undefined;
			return ahead;
		}
		const record = this.#decode();
		if (record === undefined && this.#ended) this.#checkTail();
		return record;
	}

	/**
	 * Says that the file ends here. Throws CaptureError if it ends inside a record or before a header; if whole records
	 * are still unread, it is `next` that throws, after the last of them.
	 */
	end(): void {
		this.#ended = true;
		this.#ahead ??= this.#decode();
		if (this.#ahead === undefined) this.#checkTail();
	}

	#decode(): CaptureRecord | undefined {
		if (this.#decoder === undefined) {
			if (this.#input.length < 4) return undefined;
			this.#decoder = this.#detect();
		}
		return this.#decoder.next(this.#input);
	}

	#checkTail(): void {
		const input = this.#input;
		if (this.#decoder === undefined) {
			throw truncated(input, "a pcap or pcapng file, which begins with 4 bytes of magic");
		}
		if (input.length > 0 || this.#decoder.header === undefined) {
			throw truncated(input, this.#decoder.expected(input));
		}
	}

	#detect(): PcapDecoder | PcapngDecoder {
		const { maxRecordLength, onBlock } = this.#options;
		const magic = this.#input.view.getUint32(this.#input.pos, false);
		switch (magic) {
			case PCAP_MAGIC_US:
			case PCAP_MAGIC_NS:
			case 0xd4c3b2a1:
			case 0x4d3cb2a1:
				this.format = "pcap";
				return new PcapDecoder(this.interfaces, maxRecordLength ?? DEFAULT_MAX_PCAP_RECORD);
			case BLOCK.sectionHeader:
				this.format = "pcapng";
				return new PcapngDecoder(this.interfaces, maxRecordLength ?? DEFAULT_MAX_BLOCK, onBlock);
		}
		const hex = magic
			.toString(16)
			.padStart(8, "0")
			.replace(/..(?=.)/g, "$& ");
		throw new CaptureError(
			0,
			`${whatIs(magic)} (the file begins with ${hex}); expected pcap (a1b2c3d4 or a1b23c4d, in either byte order) or pcapng (0a0d0d0a)`,
		);
	}
}

/** Names what is met in place of a capture, and what to do about it. */
function whatIs(magic: number): string {
	if (magic >>> 16 === 0x1f8b) return "compressed with gzip, to be unpacked first";
	switch (magic) {
		case 0x28b52ffd:
			return "compressed with zstd, to be unpacked first";
		case 0xfd377a58:
			return "compressed with xz, to be unpacked first";
		case 0x04224d18:
			return "compressed with lz4, to be unpacked first";
		case 0xa1b2cd34:
		case 0x34cdb2a1:
			return "modified pcap (Kuznetzov's, magic a1b2cd34), which is not supported";
		case 0x1c0001ab:
		case 0xab01001c:
		case 0x1c0001ac:
		case 0xac01001c:
			return "Ixia's modified pcap (magic 1c0001ab or 1c0001ac), which is not supported";
		default:
			return "unknown file type";
	}
}

/** What `readCapture` found. */
export interface Capture {
	readonly format: "pcap" | "pcapng" | undefined;
	/** The pcap header or the first pcapng section; undefined if the file has not even that. */
	readonly header: PcapHeader | PcapngSection | undefined;
	readonly interfaces: readonly CaptureInterface[];
	/** All whole records before the end or the damage. */
	readonly records: readonly CaptureRecord[];
	/** The damage that reading stopped at, if any. */
	readonly error: CaptureError | undefined;
}

/**
 * Reads a whole file that is in memory. Damage does not throw: it is in `error`, beside the records before it.
 * Records are views of `bytes`.
 */
export function readCapture(bytes: Uint8Array, options: CaptureReaderOptions = {}): Capture {
	const reader = new CaptureReader(options, bytes);
	const records: CaptureRecord[] = [];
	let header: PcapHeader | PcapngSection | undefined;
	let error: CaptureError | undefined;
	try {
		for (let record = reader.next(); record !== undefined; record = reader.next()) {
			header ??= reader.header;
			records.push(record);
		}
		reader.end();
	} catch (e) {
		if (!(e instanceof CaptureError)) throw e;
		error = e;
	}
	return {
		format: reader.format,
		header: header ?? reader.header,
		interfaces: reader.interfaces,
		records,
		error,
	};
}
