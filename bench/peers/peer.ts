/** What stands beside us in a comparison, and what it is asked. */
import type { Path } from "../throughput/labs.ts";

export type PeerName = "kernel" | "c" | "ovs";
export const PEER_NAMES: readonly PeerName[] = ["c", "kernel", "ovs"];

export interface PeerJob {
	readonly path: Path;
	/** Bytes from the destination MAC on, no FCS; the path carries them uncut. */
	readonly frame: number;
	readonly flows: number;
	/** In FORWARD on each host; 0 where the path has none. */
	readonly rules: number;
}
export interface PeerFigure {
	/** CPU ns a packet, the sender included. */
	readonly ns: number;
	/** CPU ns a packet of the sender alone, where it can be told. */
	readonly senderNs?: number;
}
export interface Peer {
	readonly name: PeerName;
	/** Why it cannot run here at all; undefined: it can. */
	readonly missing: string | undefined;
	/** Why it has no figure for this job; undefined: it has. */
	refuses(job: PeerJob): string | undefined;
	/** One process start. Rejects when a frame was lost or damaged, or the program failed. */
	measure(job: PeerJob): Promise<PeerFigure>;
	/** Take away what it built. */
	remove(): void;
}

/** A peer that cannot run here. */
export function missingPeer(name: PeerName, why: string): Peer {
	return {
		name,
		missing: why,
		refuses: () => why,
		measure: () => Promise.reject(new Error(`${name}: ${why}`)),
		remove: () => {},
	};
}
