/** Capture files to write: what is written gathers in one buffer and goes out in large pieces. */
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { LINKTYPE, PcapngWriter, PcapWriter } from "@hookline/pcap";
import { Failure } from "../errors.ts";
import { withFile } from "./files.ts";

const FLUSH_AT = 256 * 1024;

/** A file that takes bytes in order. Throws Failure with the file's name when the disk refuses. */
export class OutputFile {
	readonly path: string;
	private readonly fd: number;
	private readonly pieces: Uint8Array[] = [];
	private waiting = 0;
	private closed = false;

	/** Makes the file, and the directories above it. */
	constructor(path: string) {
		this.path = path;
		this.fd = withFile(path, () => {
			mkdirSync(dirname(path), { recursive: true });
			return openSync(path, "w");
		});
	}
	write(bytes: Uint8Array): void {
		this.pieces.push(bytes);
		this.waiting += bytes.length;
		if (this.waiting >= FLUSH_AT) this.flush();
	}
	flush(): void {
		const all = Buffer.concat(this.pieces);
		this.pieces.length = 0;
		this.waiting = 0;
		withFile(this.path, () => {
			for (let at = 0; at < all.length; ) at += writeSync(this.fd, all, at);
		});
	}
	close(): void {
		if (this.closed) return;
		this.closed = true;
		try {
			this.flush();
		} finally {
			closeSync(this.fd);
		}
	}
}

/** A capture to write frames to, of one port or of several. */
export interface CaptureOutput {
	readonly path: string;
	/** Number for `write`. */
	addPort(name: string, description: string): number;
	/** `time`: ns since the output's epoch. */
	write(port: number, time: number, frame: Uint8Array, direction: "rx" | "tx"): void;
	close(): void;
}

/** `.pcap` (ns, one link for all ports) or `.pcapng` (an interface per port, directions as flags). `epoch`: ns since 1970. */
export function openCapture(path: string, epoch: bigint): CaptureOutput {
	const file = new OutputFile(path);
	return path.endsWith(".pcapng") ? pcapng(file, epoch) : pcap(file, epoch);
}

/** Whether `openCapture` knows the extension. */
export function isCaptureName(path: string): boolean {
	return path.endsWith(".pcap") || path.endsWith(".pcapng");
}

/** The writers take whole numbers below 2^53, or a bigint since 1970. */
function stamp(time: number, epoch: bigint): number | bigint {
	const whole = Math.round(time);
	return Number.isSafeInteger(whole) ? whole : epoch + BigInt(whole);
}

function pcap(file: OutputFile, epoch: bigint): CaptureOutput {
	const writer = new PcapWriter((bytes) => file.write(bytes), { epochNs: epoch });
	let ports = 0;
	return {
		path: file.path,
		addPort: () => ports++,
		write: (_port, time, data) =>
			inRange(file, () => writer.writePacket({ timestampNs: stamp(time, epoch), data })),
		close: () => file.close(),
	};
}

function pcapng(file: OutputFile, epoch: bigint): CaptureOutput {
	const writer = new PcapngWriter((bytes) => file.write(bytes), { userAppl: "hookline", epochNs: epoch });
	return {
		path: file.path,
		addPort: (name, description) => writer.addInterface({ name, description, linkType: LINKTYPE.ETHERNET }),
		write: (interfaceId, time, data, direction) =>
			inRange(file, () =>
				writer.writePacket({
					interfaceId,
					timestampNs: stamp(time, epoch),
					data,
					direction: direction === "rx" ? "in" : "out",
				}),
			),
		close: () => file.close(),
	};
}

function inRange(file: OutputFile, write: () => void): void {
	try {
		write();
	} catch (error) {
		if (error instanceof RangeError) throw new Failure(`${file.path}: ${error.message}`);
		throw error;
	}
}
