/** Settings of a bridge port that only spanning tree would use; kept for showing. */
import type { BridgePort } from "@hookline/engine/device/bridge-port";

export interface PortSettings {
	/** 0..63 */
	priority: number;
	cost: number;
	/** BR_STATE_*, as `bridge link set … state` gave it; used while the port could forward. */
	state: number | undefined;
}
const settings: WeakMap<BridgePort, PortSettings> = new WeakMap();

export const BR_STATES = ["disabled", "listening", "learning", "forwarding", "blocking"] as const;
const BR_STATE_FORWARDING = 3;

export function portSettings(port: BridgePort): PortSettings {
	let s = settings.get(port);
	if (s === undefined) {
		// the cost of 10 Gbit/s, which is what veth claims; others are taken for 100 Mbit/s (port_cost in br_if.c)
		s = { priority: 32, cost: port.dev.kind === "veth" ? 2 : 100, state: undefined };
		settings.set(port, s);
	}
	return s;
}

/** BR_STATE_* as of now. */
export function portState(port: BridgePort): number {
	if (port.forwarding) return BR_STATE_FORWARDING;
	return port.bridge.up && port.dev.running ? (portSettings(port).state ?? 0) : 0;
}
