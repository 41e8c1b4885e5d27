/** One captured session of TCP connections, played by two containers: the client's frames leave one, the server's the other, in capture order. */
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
	/** The connection that it belongs to was opened by the client. */
	readonly clientOpened: boolean;
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
/** Frames of one direction, named by the side that sends them. */
export interface Flow {
	/** Taken by the sender's device. */
	readonly sent: number;
	/** Longer than the sender's MTU: refused by its device. */
	readonly refused: number;
	/** Came in at the other container. */
	readonly arrived: number;
}

/** The capture's gaps are minutes of somebody's typing. */
export const HASTE = 100;

/** Read a capture of one session; whoever sends the first frame is the client. */
export function readSession(path: string): Session {
	const file = new CaptureFile(path);
	try {
		const frames: SessionFrame[] = [];
		const openers = new Map<string, string>();
		let first: CaptureRecord | undefined;
		let client = "";
		let server = "";
		for (let record: CaptureRecord | undefined; (record = file.next()) !== undefined; ) {
			first ??= record;
			const bytes = toEthernet(record).slice();
			const { source, destination, connection } = endpoints(bytes, path);
			if (client === "") [client, server] = [source, destination];
			if (!openers.has(connection)) openers.set(connection, source);
			frames.push({
				bytes,
				time: relativeNs(record, first),
				fromClient: source === client,
				clientOpened: openers.get(connection) === client,
			});
		}
		if (first === undefined) throw new Failure(`${path}: no frame in it`);
		return { frames, epoch: timestampNs(first), client, server };
	} finally {
		file.close();
	}
}

/**
 * Play it; frames that arrive at either side are counted instead of answered by the container's own TCP. `serverOpens` false
 * leaves out the connections that the server opened: nothing leads them through the client's NAT.
 */
export function playSession(
	lab: Lab,
	session: Session,
	client: Side,
	server: Side,
	serverOpens: boolean,
): { client: Flow; server: Flow } {
	const { client: c, server: s } = session;
	const mapping = (side: Side, own: string, other: string): Injector =>
		new Injector(lab, side.at, {
			direction: "tx",
			map: new AddressMap([`${own}=${side.own}`, `${other}=${side.other}`]),
			keepMac: false,
		});
	const fromClient = mapping(client, c, s);
	const fromServer = mapping(server, s, c);
	let atClient = 0;
	let atServer = 0;
	const stops = [client.at.sink(() => void atClient++), server.at.sink(() => void atServer++)];
	const start = lab.now;
	for (const frame of session.frames) {
		if (!frame.clientOpened && !serverOpens) continue;
		lab.runUntil(start + frame.time / HASTE);
		(frame.fromClient ? fromClient : fromServer).inject(frame.bytes);
	}
	lab.runFor(1 * ms);
	for (const stop of stops) stop();
	const flow = (from: Injector, arrived: number): Flow => ({
		sent: from.taken,
		refused: [...from.refused.values()].reduce((a, b) => a + b, 0),
		arrived,
	});
	return { client: flow(fromClient, atServer), server: flow(fromServer, atClient) };
}

function endpoints(
	frame: Uint8Array,
	path: string,
): { source: string; destination: string; connection: string } {
	const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
	const { type, nh } = networkHeader(view);
	if (type !== 0x0800 || frame.length < nh + 20 || frame[nh + 9] !== 6)
		throw new Failure(`${path}: expected TCP over IPv4 in every frame`);
	const th = nh + (frame[nh] & 15) * 4;
	const text = (at: number): string => frame.subarray(at, at + 4).join(".");
	const source = text(nh + 12);
	const destination = text(nh + 16);
	const ends = [`${source}:${view.getUint16(th)}`, `${destination}:${view.getUint16(th + 2)}`];
	return { source, destination, connection: ends.sort().join(" ") };
}
