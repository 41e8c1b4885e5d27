/** Several captures as one stream in order of time; each keeps its own order whatever its stamps say. */
import { type CaptureRecord, relativeNs, timestampNs } from "@hookline/pcap";
import { type CaptureFile, DamagedCapture } from "../io/capture-in.ts";

export interface MergedRecord {
	/** Which of the files. */
	readonly source: number;
	readonly record: CaptureRecord;
	/** ns since the earliest first record; never less than the one before. */
	readonly time: number;
}

interface Head {
	record: CaptureRecord | undefined;
	/** ns since the earliest first record; a stamp before its predecessor counts as that one's. */
	time: number;
}

export class Merge {
	/** ns since 1970 of the earliest first record; 0n when there is none, or it has no stamp. */
	readonly epoch: bigint;
	/** What stopped a file before its end. */
	readonly damage: DamagedCapture[] = [];
	private readonly files: readonly CaptureFile[];
	private readonly heads: Head[];
	private readonly first: CaptureRecord | undefined;

	/** Reads the first record of each file. */
	constructor(files: readonly CaptureFile[]) {
		this.files = files;
		const firsts = files.map((f) => this.read(f));
		let epoch: bigint | undefined;
		for (const record of firsts) {
			if (record === undefined) continue;
			const ns = timestampNs(record);
			if (epoch !== undefined && ns >= epoch) continue;
			epoch = ns;
			this.first = record;
		}
		this.epoch = epoch !== undefined && epoch > 0n ? epoch : 0n;
		this.heads = firsts.map((record) => ({ record, time: this.timeOf(record) }));
	}
	/** The next record of all files; undefined when all are used up. */
	next(): MergedRecord | undefined {
		let source = -1;
		for (const [i, head] of this.heads.entries())
			if (head.record !== undefined && (source < 0 || head.time < this.heads[source].time)) source = i;
		if (source < 0) return undefined;
		const head = this.heads[source];
		const result = { source, record: head.record as CaptureRecord, time: head.time };
		head.record = this.read(this.files[source]);
		head.time = Math.max(head.time, this.timeOf(head.record));
		return result;
	}
	/** This record cannot be used: nothing more comes of its file. */
	stop(source: number, damage: DamagedCapture): void {
		this.heads[source].record = undefined;
		this.damage.push(damage);
	}
	private timeOf(record: CaptureRecord | undefined): number {
		return record === undefined || this.first === undefined ? 0 : relativeNs(record, this.first);
	}
	private read(file: CaptureFile): CaptureRecord | undefined {
		try {
			return file.next();
		} catch (error) {
			if (!(error instanceof DamagedCapture)) throw error;
			this.damage.push(error);
			return undefined;
		}
	}
}
