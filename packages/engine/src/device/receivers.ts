/** Who a device hands its frames to, and who is told when it changes. */
import type { NetDevice } from "./netdev.ts";

/** A namespace's protocols, as a device hands frames to them. */
export interface ProtocolStack {
	ipReceive(f: number, dev: NetDevice): void;
	ip6Receive(f: number, dev: NetDevice): void;
	arpReceive(f: number, dev: NetDevice): void;
}
/** What may take a frame before the protocols do (rx_handler). */
export interface RxHandler {
	/** True: the frame is the handler's. False: go on with the protocols. */
	handleFrame(f: number): boolean;
}
/** Who is told when a device goes up or down, loses its carrier or changes MAC or MTU. */
export interface DeviceListener {
	deviceChanged(dev: NetDevice): void;
}
