/** Flows in turn, one packet each, in one direction through a lab. */
import type { Lab } from "hookline";
import type { FrameSet } from "./frame-set.ts";
import { BURST, pass, type Traffic } from "./scenario.ts";

/** Bursts of one set, flow after flow. */
export function inTurn(
	set: FrameSet,
	at: Parameters<FrameSet["send"]>[0],
	flows: number,
): (n: number) => void {
	let next = 0;
	return (n) => {
		for (let i = 0; i < n; i++) {
			set.send(at, next);
			next = next + 1 === flows ? 0 : next + 1;
		}
	};
}

/** Each flow's frame of `set` goes out of `from`, and arrives at `to` as `arrives` says. */
export function oneWay(
	lab: Lab,
	set: FrameSet,
	flows: number,
	from: string,
	to: string,
	arrives: (flow: number) => Uint8Array,
): Traffic {
	const { core } = lab.machine;
	const send = inTurn(set, lab.device(from).dev, flows);
	return {
		lab,
		sinks: [lab.device(to)],
		streams: [{ set, arrives: (f, expect) => expect(0, arrives(f)) }],
		injected: BURST,
		arrived: BURST,
		round: Math.ceil(flows / BURST),
		step() {
			send(BURST);
			pass(core, BURST);
		},
	};
}
