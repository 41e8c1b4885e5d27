/** What a neighbour table asks of its namespace: how its kind of address is resolved and used. */
import type { NetDevice } from "../device/netdev.ts";
import type { NeighConf } from "./sysctl.ts";

export interface NeighHost {
	/** Send a request for the entry's address; `f` is the newest waiting frame or -1. `unicast`: to the known MAC. */
	solicit(entry: number, f: number, unicast: boolean): void;
	/** A waiting frame cannot be resolved: host unreachable to its sender. The frame stays the table's. */
	linkFailure(f: number): void;
	/** Fill in the Ethernet header and send. False: the device dropped it (NET_XMIT_DROP). */
	output(entry: number, f: number): boolean;
	/** A fresh entry: destinations that need no question get their MAC (arp_constructor, ndisc_constructor). */
	constructNeighbour(entry: number): void;
	neighConf(dev: number): NeighConf;
	/** When a table that grows makes room, and where it ends. */
	readonly gcThresh: { readonly gc_thresh2: number; readonly gc_thresh3: number };
	deviceById(id: number): NetDevice;
}
