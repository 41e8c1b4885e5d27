import { linkTypeName } from "./linktype.ts";
import { MAXIMUM_SNAPLEN } from "./pcap-decoder.ts";
import type { Packet, Sink } from "./pcap-writer.ts";
import { BLOCK, BYTE_ORDER_MAGIC, OPT, padded } from "./pcapng-format.ts";
import {
	type PcapngOption,
	swapPacketOption,
	textOption,
	u32Option,
	u64Option,
	writeOptions,
} from "./pcapng-option.ts";
import type { CaptureRecord } from "./record.ts";
import { nsToTicks, timestampNs } from "./timestamp.ts";

export interface PcapngWriterOptions {
	/** Default true. */
	readonly littleEndian?: boolean;
	readonly hardware?: string;
	readonly os?: string;
	readonly userAppl?: string;
	readonly comment?: string;
	/** Nanoseconds since 1970 at which a stamp given as a number counts 0. Default 0n. */
	readonly epochNs?: bigint;
}

export interface PcapngInterfaceOptions {
	readonly linkType: number;
	readonly name?: string;
	readonly description?: string;
	/** As if_tsresol: `n` = 10^-n s, `0x80 | n` = 2^-n s. Default 9. */
	readonly tsresol?: number;
	/** Seconds that are subtracted from every stamp written (if_tsoffset). Default 0n. */
	readonly tsoffset?: bigint;
	/** Default 262,144. `writePacket` cuts packets to it; 0 = no limit. */
	readonly snapLen?: number;
	readonly comment?: string;
	/** Further options, values in the file's byte order. */
	readonly options?: readonly PcapngOption[];
}

export interface PcapngPacket extends Packet {
	/** From `addInterface`; default 0. */
	readonly interfaceId?: number;
	readonly comment?: string;
	/** Written as epb_flags. */
	readonly direction?: "in" | "out";
	/** Further options, values in the file's byte order. */
	readonly options?: readonly PcapngOption[];
}

/** Counters of an interface, in packets. */
export interface PcapngCounters {
	readonly interfaceId: number;
	readonly timestampNs: number | bigint;
	readonly startNs?: number | bigint;
	readonly endNs?: number | bigint;
	readonly received?: number | bigint;
	readonly dropped?: number | bigint;
	readonly filterAccepted?: number | bigint;
	readonly osDropped?: number | bigint;
	readonly delivered?: number | bigint;
	readonly comment?: string;
}

interface WrittenInterface {
	readonly linkType: number;
	readonly snapLen: number;
	readonly tsresol: number;
	readonly tsoffset: bigint;
}

/** Writes one pcapng section. Its header goes to the sink at once, then one array a block. */
export class PcapngWriter {
	readonly littleEndian: boolean;
	readonly #sink: Sink;
	readonly #epochNs: bigint;
	readonly #interfaces: WrittenInterface[] = [];

	constructor(sink: Sink, options: PcapngWriterOptions = {}) {
		this.littleEndian = options.littleEndian ?? true;
		this.#sink = sink;
		this.#epochNs = options.epochNs ?? 0n;
		const view = this.#block(BLOCK.sectionHeader, 16, NOTHING, [
			...text(OPT.comment, options.comment),
			...text(OPT.shbHardware, options.hardware),
			...text(OPT.shbOs, options.os),
			...text(OPT.shbUserAppl, options.userAppl),
		]);
		view.setUint32(8, BYTE_ORDER_MAGIC, this.littleEndian);
		view.setUint16(12, 1, this.littleEndian);
		// A stream does not know how long it will be: -1 (draft section 4.1).
		view.setBigInt64(16, -1n, this.littleEndian);
		this.#emit(view);
	}

	/** Writes an Interface Description Block and gives the interface's number. */
	addInterface(options: PcapngInterfaceOptions): number {
		const { linkType, snapLen = MAXIMUM_SNAPLEN, tsresol = 9, tsoffset = 0n } = options;
		if (linkType > 0xffff) throw new RangeError(`link type ${linkType}; expected at most 65535`);
		const le = this.littleEndian;
		const view = this.#block(BLOCK.interfaceDescription, 8, NOTHING, [
			...text(OPT.comment, options.comment),
			...text(OPT.ifName, options.name),
			...text(OPT.ifDescription, options.description),
			// 6 is what the absence of the option means.
			...(tsresol === 6 ? [] : [{ code: OPT.ifTsresol, value: Uint8Array.of(tsresol) }]),
			...(tsoffset === 0n ? [] : [u64Option(OPT.ifTsoffset, tsoffset, le)]),
			...(options.options ?? []),
		]);
		view.setUint16(8, linkType, le);
		view.setUint32(12, snapLen, le);
		this.#emit(view);
		return this.#interfaces.push({ linkType, snapLen, tsresol, tsoffset }) - 1;
	}

	/** Writes an Enhanced Packet Block. Throws RangeError for an unknown interface or a time its 64 bits do not hold. */
	writePacket(packet: PcapngPacket): void {
		const id = packet.interfaceId ?? 0;
		const { snapLen } = this.#interface(id);
		const { data } = packet;
		const kept = snapLen > 0 && data.length > snapLen ? data.subarray(0, snapLen) : data;
		const { comment, direction, options } = packet;
		let all = options ?? NO_EXTRA;
		if (comment !== undefined || direction !== undefined) {
			all = [
				...text(OPT.comment, comment),
				...(direction ? [u32Option(OPT.epbFlags, direction === "in" ? 1 : 2, this.littleEndian)] : []),
				...all,
			];
		}
		this.#enhancedPacket(id, this.#ticks(id, packet.timestampNs), kept, packet.origLen ?? data.length, all);
	}

	/**
	 * Writes a record as read, options included, on an interface of the same link type (else throws TypeError). Its stamp
	 * goes raw if unit and offset are the interface's, else converted; a record without a stamp gets the epoch. Never cuts.
	 */
	writeRecord(record: CaptureRecord, interfaceId: number): void {
		const { linkType, tsresol, tsoffset } = this.#interface(interfaceId);
		const { iface } = record;
		if (record.linkType !== linkType) {
			throw new TypeError(
				`record of link type ${linkTypeName(record.linkType)}; expected ${linkTypeName(linkType)}, interface ${interfaceId}'s`,
			);
		}
		const raw =
			record.hasTimestamp && !iface.split && iface.tsresol === tsresol && iface.tsoffset === tsoffset;
		const ticks = raw
			? (BigInt(record.tsHigh) << 32n) | BigInt(record.tsLow)
			: this.#ticks(interfaceId, record.hasTimestamp ? timestampNs(record) : this.#epochNs);
		const sameOrder = iface.littleEndian === this.littleEndian;
		const options = sameOrder ? record.options : record.options.map(swapPacketOption);
		this.#enhancedPacket(interfaceId, ticks, record.data, record.origLen, options);
	}

	/** Writes an Interface Statistics Block. */
	writeStatistics(counters: PcapngCounters): void {
		const id = counters.interfaceId;
		const le = this.littleEndian;
		const stamp = (code: number, ns: number | bigint | undefined): PcapngOption[] => {
			if (ns === undefined) return [];
			const value = new Uint8Array(8);
			setStamp(new DataView(value.buffer), 0, this.#ticks(id, ns), le);
			return [{ code, value }];
		};
		const count = (code: number, n: number | bigint | undefined): PcapngOption[] =>
			n === undefined ? [] : [u64Option(code, BigInt(n), le)];
		const ticks = this.#ticks(id, counters.timestampNs);
		const view = this.#block(BLOCK.interfaceStatistics, 12, NOTHING, [
			...text(OPT.comment, counters.comment),
			...stamp(OPT.isbStarttime, counters.startNs),
			...stamp(OPT.isbEndtime, counters.endNs),
			...count(OPT.isbIfrecv, counters.received),
			...count(OPT.isbIfdrop, counters.dropped),
			...count(OPT.isbFilteraccept, counters.filterAccepted),
			...count(OPT.isbOsdrop, counters.osDropped),
			...count(OPT.isbUsrdeliv, counters.delivered),
		]);
		view.setUint32(8, id, le);
		setStamp(view, 12, ticks, le);
		this.#emit(view);
	}

	/** Writes a block of any type around `body` (padded here): name resolution, custom, or one carried over unread. */
	writeBlock(type: number, body: Uint8Array): void {
		this.#emit(this.#block(type, 0, body, NO_EXTRA));
	}

	#interface(id: number): WrittenInterface {
		const iface = this.#interfaces[id];
		if (iface === undefined) {
			throw new RangeError(`interface ${id}; expected one of the ${this.#interfaces.length} added`);
		}
		return iface;
	}

	#ticks(id: number, ns: number | bigint): bigint {
		const { tsresol, tsoffset } = this.#interface(id);
		if (typeof ns === "number" && !Number.isSafeInteger(ns)) {
			throw new RangeError(`timestamp ${ns} ns; expected a whole number below 2^53`);
		}
		const epoch = typeof ns === "number" ? this.#epochNs + BigInt(ns) : ns;
		const ticks = nsToTicks(epoch - tsoffset * 1_000_000_000n, tsresol);
		if (ticks < 0n || ticks >= 1n << 64n) {
			throw new RangeError(
				`timestamp ${epoch} ns since 1970; expected one that interface ${id}'s 64 bits hold`,
			);
		}
		return ticks;
	}

	#enhancedPacket(
		interfaceId: number,
		ticks: bigint,
		data: Uint8Array,
		origLen: number,
		options: readonly PcapngOption[],
	): void {
		const le = this.littleEndian;
		const view = this.#block(BLOCK.enhancedPacket, 20, data, options);
		view.setUint32(8, interfaceId, le);
		setStamp(view, 12, ticks, le);
		view.setUint32(20, data.length, le);
		view.setUint32(24, origLen, le);
		this.#emit(view);
	}

	/** A block with its type and lengths, room for `fixed` bytes of fields at 8, then `data` padded, then the options. */
	#block(type: number, fixed: number, data: Uint8Array, options: readonly PcapngOption[]): DataView {
		const tail = writeOptions(options, this.littleEndian);
		const size = 12 + fixed + padded(data.length) + tail.length;
		const bytes = new Uint8Array(size);
		const view = new DataView(bytes.buffer);
		view.setUint32(0, type, this.littleEndian);
		view.setUint32(4, size, this.littleEndian);
		bytes.set(data, 8 + fixed);
		bytes.set(tail, 8 + fixed + padded(data.length));
		view.setUint32(size - 4, size, this.littleEndian);
		return view;
	}

	#emit(view: DataView): void {
		this.#sink(new Uint8Array(view.buffer));
	}
}

const NOTHING = new Uint8Array(0);
const NO_EXTRA: readonly PcapngOption[] = [];

function text(code: number, value: string | undefined): PcapngOption[] {
	return value === undefined ? [] : [textOption(code, value)];
}

/** Two 32-bit words, the high one first in either byte order. */
function setStamp(view: DataView, at: number, ticks: bigint, littleEndian: boolean): void {
	view.setUint32(at, Number(ticks >> 32n), littleEndian);
	view.setUint32(at + 4, Number(ticks & 0xffffffffn), littleEndian);
}
