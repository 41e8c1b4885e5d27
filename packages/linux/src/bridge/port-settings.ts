/** Settings of a bridge port that only spanning tree would use; kept for showing. */
import type { BridgePort } from "@hookline/engine/device/bridge-port";

export interface PortSettings {
	/** 0..63 */
	priority: number;
	cost: number;
}
const settings: WeakMap<BridgePort, PortSettings> = new WeakMap();

export const BR_STATES = ["disabled", "listening", "learning", "forwarding", "blocking"] as const;
const BR_STATE_DISABLED = 0;
const BR_STATE_FORWARDING = 3;

export function portSettings(port: BridgePort): PortSettings {
	let s = settings.get(port);
	if (s === undefined) {
		// the cost of 10 Gbit/s, which is what veth claims; others are taken for 100 Mbit/s (port_cost in br_if.c)
		s = { priority: 32, cost: port.dev.kind === "veth" ? 2 : 100 };
		settings.set(port, s);
	}
	return s;
}

/** BR_STATE_* as of now; without spanning tree there are two. */
export function portState(port: BridgePort): number {
	return port.forwarding ? BR_STATE_FORWARDING : BR_STATE_DISABLED;
}
