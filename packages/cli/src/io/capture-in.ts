/** A capture file as a stream of records: one chunk and one record of memory, whatever the file's size. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { CaptureError, CaptureReader, type CaptureRecord } from "@hookline/pcap";
import { Failure, UsageError } from "../errors.ts";
import { fileReason } from "./files.ts";

const CHUNK = 256 * 1024;

/** Damage in a capture file; the message names the file and the byte. */
export class DamagedCapture extends Failure {
	readonly file: string;
	readonly offset: number;

	constructor(file: string, error: CaptureError) {
		super(`${file}: ${error.message}`);
		this.file = file;
		this.offset = error.offset;
	}
}

export class CaptureFile {
	readonly path: string;
	/** Bytes in the file, 0 when it is not a plain file. */
	readonly size: number;
	/** Bytes read. */
	position = 0;
	private readonly fd: number;
	private readonly reader = new CaptureReader();
	private readonly chunk = new Uint8Array(CHUNK);
	private ended = false;
	private closed = false;

	/** Throws UsageError when the file cannot be opened. */
	constructor(path: string) {
		this.path = path;
		let fd = -1;
		try {
			fd = openSync(path, "r");
			const stat = fstatSync(fd);
			if (stat.isDirectory()) throw new UsageError(`${path}: is a directory`);
			this.size = stat.isFile() ? stat.size : 0;
		} catch (error) {
			if (fd >= 0) closeSync(fd);
			throw error instanceof UsageError ? error : new UsageError(`${path}: ${fileReason(error)}`);
		}
		this.fd = fd;
	}
	/** The next whole record, undefined at the end. Throws DamagedCapture once all before the damage have come out. */
	next(): CaptureRecord | undefined {
		try {
			for (;;) {
				const record = this.reader.next();
				if (record !== undefined || this.ended) return record;
				this.fill();
			}
		} catch (error) {
			if (error instanceof CaptureError) throw new DamagedCapture(this.path, error);
			throw error;
		}
	}
	close(): void {
		if (!this.closed) closeSync(this.fd);
		this.closed = true;
	}
	private fill(): void {
		let n = 0;
		try {
			n = readSync(this.fd, this.chunk, 0, CHUNK, null);
		} catch (error) {
			throw new Failure(`${this.path}: ${fileReason(error)}`);
		}
		this.position += n;
		if (n > 0) this.reader.push(this.chunk.subarray(0, n));
		else {
			this.ended = true;
			this.reader.end();
		}
	}
}
