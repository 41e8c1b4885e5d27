/** The peers that are asked for, those of them that can run here ready to do so. */
import { kernelPeer } from "./kernel-peer.ts";
import { ovsPeer } from "./ovs-peer.ts";
import { PEER_NAMES, type Peer, type PeerName } from "./peer.ts";
import { tightCPeer } from "./tight-c.ts";

/** In the order of the table. */
export async function openPeers(names: readonly PeerName[]): Promise<Peer[]> {
	const peers: Peer[] = [];
	try {
		for (const name of PEER_NAMES)
			if (names.includes(name))
				peers.push(name === "c" ? await tightCPeer() : name === "kernel" ? await kernelPeer() : ovsPeer());
	} catch (error) {
		for (const peer of peers) peer.remove();
		throw error;
	}
	return peers;
}
/** One line for each that cannot run, not to be overlooked; "" when all can. */
export function missingText(peers: readonly Peer[]): string {
	return peers
		.filter((p) => p.missing !== undefined)
		.map((p) => `*** NOT COMPARED with ${p.name}: ${p.missing}\n`)
		.join("");
}
