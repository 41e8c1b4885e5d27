/** How fast a path of a lab is: one frame, sent again and again, for a while. */
import { RX_PACKETS } from "@hookline/engine/device/netdev";
import { type DeviceHandle, type Lab, parsePacketWords } from "hookline";
import { packetFor } from "hookline/packet-for";
import { Failure } from "../errors.ts";

export interface Speed {
	readonly frames: number;
	/** CPU time, so that a busy machine does not show. */
	readonly nsPerFrame: number;
}

const BURST = 256;
const BETWEEN_LOOKS = 16;

/** `words` describe the packet. `duration`: ms of wall clock. Throws Failure when frames are lost on the way. */
export function measure(
	lab: Lab,
	from: DeviceHandle,
	to: DeviceHandle,
	words: string,
	duration: number,
): Speed {
	const frame = packetFor(lab, from, parsePacketWords(words));
	const burst = new Array<Uint8Array>(BURST).fill(frame);
	to.absorb();
	try {
		from.transmit(frame);
		from.transmitBurst(burst);
		const before = to.dev.stats[RX_PACKETS];
		const began = performance.now();
		const cpu = process.cpuUsage();
		let frames = 0;
		let elapsed = 0;
		while (elapsed < duration) {
			for (let i = 0; i < BETWEEN_LOOKS; i++) from.transmitBurst(burst);
			frames += BETWEEN_LOOKS * BURST;
			elapsed = performance.now() - began;
		}
		const { user, system } = process.cpuUsage(cpu);
		const arrived = to.dev.stats[RX_PACKETS] - before;
		if (arrived !== frames) throw new Failure(`${frames} frames were sent (${words}), ${arrived} arrived`);
		return { frames, nsPerFrame: ((user + system) * 1e3) / frames };
	} finally {
		to.absorb(false);
	}
}
