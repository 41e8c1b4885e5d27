/** Process starts of ours and of the peers in turn, for one row of the table. */
import type { Job, Measurement } from "../throughput/measure.ts";
import type { Worker } from "../throughput/ours.ts";
import { median, type Spread, spread } from "../throughput/spread.ts";
import { ratioOf } from "./musts.ts";
import type { Peer, PeerFigure, PeerJob, PeerName } from "./peer.ts";

/** A peer's figures in a row; ratio: its ns ÷ ours, for C ours ÷ its. */
export interface Beside extends Spread {
	readonly ratio: number;
	/** CPU ns a packet of its sender alone, where it can be told: contained in the others. */
	readonly sender?: number;
}
export interface RowFigures {
	readonly ours: readonly Measurement[];
	readonly against: Readonly<Partial<Record<PeerName, Beside | null>>>;
	/** Why there is null. */
	readonly reasons: Readonly<Partial<Record<PeerName, string>>>;
}

/** `runs` rounds: ours, then each peer. A peer that fails once is out of the row, with the reason; ours that fails ends all. */
export async function measureRow(
	worker: Worker,
	job: Job,
	peers: readonly Peer[],
	peerJob: PeerJob | undefined,
	runs: number,
	started: () => void,
): Promise<RowFigures> {
	const ours: Measurement[] = [];
	const theirs = new Map<PeerName, PeerFigure[]>();
	const reasons: Partial<Record<PeerName, string>> = {};
	for (const peer of peers) {
		const why = peerJob === undefined ? "none of its paths" : peer.refuses(peerJob);
		if (why === undefined) theirs.set(peer.name, []);
		else reasons[peer.name] = why;
	}
	for (let i = 0; i < runs; i++) {
		ours.push(await worker.measure(job));
		started();
		for (const peer of peers) {
			if (reasons[peer.name] === undefined && peerJob !== undefined)
				try {
					theirs.get(peer.name)?.push(await peer.measure(peerJob));
				} catch (error) {
					reasons[peer.name] = (error as Error).message;
				}
			started();
		}
	}
	const against: Partial<Record<PeerName, Beside | null>> = {};
	const mid = median(ours.map((m) => m.nsPerPacket));
	for (const { name } of peers)
		against[name] = reasons[name] === undefined ? besideOf(name, mid, theirs.get(name) ?? []) : null;
	return { ours, against, reasons };
}

export function besideOf(name: PeerName, ours: number, figures: readonly PeerFigure[]): Beside {
	const s = spread(figures.map((f) => f.ns));
	const senders = figures.flatMap((f) => (f.senderNs === undefined ? [] : [f.senderNs]));
	return {
		...s,
		ratio: ratioOf(name, ours, s.median),
		...(senders.length === 0 ? {} : { sender: median(senders) }),
	};
}
