/** One captured TCP session, played by two containers: the client's frames leave one, the server's the other, in capture order. */
import { type CaptureRecord, relativeNs, timestampNs, toEthernet } from "@hookline/pcap";
import { type DeviceHandle, type Lab, ms } from "hookline";
import { Failure } from "../errors.ts";
import { CaptureFile } from "../io/capture-in.ts";
import { AddressMap } from "../replay/address-map.ts";
import { networkHeader } from "../replay/frame-header.ts";
import { Injector } from "../replay/injector.ts";

interface SessionFrame {
	readonly bytes: Uint8Array;
	/** ns since the first. */
	readonly time: number;
	readonly fromClient: boolean;
}
export interface Session {
	readonly frames: readonly SessionFrame[];
	/** ns since 1970 */
	readonly epoch: bigint;
	/** Addresses in the capture. */
	readonly client: string;
	readonly server: string;
}
/** One side of the session in the lab. */
export interface Side {
	readonly at: DeviceHandle;
	/** The side's own address, and the one that it sees the other by. */
	readonly own: string;
	readonly other: string;
}
export interface Heard {
	client: number;
	server: number;
}

/** The capture's gaps are minutes of somebody's typing. */
export const HASTE = 100;

/** Read a capture of one session; whoever sends the first frame is the client. */
export function readSession(path: string): Session {
	const file = new CaptureFile(path);
	try {
		const frames: SessionFrame[] = [];
		let first: CaptureRecord | undefined;
		let client = "";
		let server = "";
		for (let record: CaptureRecord | undefined; (record = file.next()) !== undefined; ) {
			first ??= record;
			const bytes = toEthernet(record).slice();
			const [source, destination] = addresses(bytes, path);
			if (client === "") [client, server] = [source, destination];
			frames.push({ bytes, time: relativeNs(record, first), fromClient: source === client });
		}
		if (first === undefined) throw new Failure(`${path}: no frame in it`);
		return { frames, epoch: timestampNs(first), client, server };
	} finally {
		file.close();
	}
}

/** Play it; frames that arrive at either side are counted instead of answered by the container's own TCP. */
export function playSession(
	lab: Lab,
	session: Session,
	client: Side,
	server: Side,
): { sent: Heard; heard: Heard } {
	const sent: Heard = { client: 0, server: 0 };
	const heard: Heard = { client: 0, server: 0 };
	const { client: c, server: s } = session;
	const mapping = (side: Side, own: string, other: string): Injector =>
		new Injector(lab, side.at, {
			direction: "tx",
			map: new AddressMap([`${own}=${side.own}`, `${other}=${side.other}`]),
			keepMac: false,
		});
	const fromClient = mapping(client, c, s);
	const fromServer = mapping(server, s, c);
	const stops = [client.at.sink(() => void heard.client++), server.at.sink(() => void heard.server++)];
	const start = lab.now;
	for (const frame of session.frames) {
		lab.runUntil(start + frame.time / HASTE);
		(frame.fromClient ? fromClient : fromServer).inject(frame.bytes);
		sent[frame.fromClient ? "client" : "server"]++;
	}
	lab.runFor(1 * ms);
	for (const stop of stops) stop();
	return { sent, heard };
}

function addresses(frame: Uint8Array, path: string): [string, string] {
	const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
	const { type, nh } = networkHeader(view);
	if (type !== 0x0800 || frame.length < nh + 20) throw new Failure(`${path}: expected IPv4 in every frame`);
	const text = (at: number): string => frame.subarray(at, at + 4).join(".");
	return [text(nh + 12), text(nh + 16)];
}
