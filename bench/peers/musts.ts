/** What the ratios of one run must be, and what they should become. Targets are ratios, never times: these hold on any machine. */
import type { PeerName } from "./peer.ts";

export interface Bound {
	readonly must: number;
	readonly aim: number;
}
export type Verdict = "aim" | "must" | "MISSED";

/** How many times as long the other needs: at least so much. */
const AT_LEAST: Readonly<Partial<Record<PeerName, Readonly<Record<string, Bound>>>>> = {
	kernel: {
		bridge: { must: 30, aim: 70 },
		nat: { must: 15, aim: 30 },
		vxlan: { must: 35, aim: 70 },
	},
	ovs: {
		bridge: { must: 0.7, aim: 1.5 },
		nat: { must: 1, aim: 2 },
		vxlan: { must: 0.8, aim: 1.5 },
	},
};
/** How many times as long we need: at most so much. */
const AT_MOST: Readonly<Record<string, Bound>> = {
	nat: { must: 5, aim: 2.5 },
	vxlan: { must: 7, aim: 3.5 },
};
/** ns a packet with the larger number of flows or rules ÷ with the smaller one: at most. */
export const MORE_FLOWS: Bound = { must: 2.5, aim: 1.5 };
export const MORE_RULES: Bound = { must: 1.5, aim: 1.05 };
/** Worst of the starts ÷ the median, each over the C program beside it: at most. */
export const WORST_START: Bound = { must: 1.1, aim: 1.05 };
/** Collections per 10 million frames: at most. */
export const COLLECTIONS: Bound = { must: 2, aim: 0 };

/** ours ÷ C, and the others' ÷ ours: what each is judged by. */
export function ratioOf(peer: PeerName, ours: number, theirs: number): number {
	return peer === "c" ? ours / theirs : theirs / ours;
}
/**
 * Undefined where nothing was set down. Against Open vSwitch only rows of 1,000 flows are judged: its cache makes one flow a special
 * case. Against C only up to 1,000: with more it is ahead by fetching early what it will look up, which we cannot do.
 */
export function verdictOf(
	peer: PeerName,
	path: string,
	flows: number,
	rules: number,
	ratio: number,
): Verdict | undefined {
	if (rules > 10) return undefined;
	if (peer === "c") return path in AT_MOST && flows <= 1000 ? atMost(AT_MOST[path], ratio) : undefined;
	if (peer === "ovs" && flows !== 1000) return undefined;
	const bound = AT_LEAST[peer]?.[path];
	return bound === undefined ? undefined : atLeast(bound, ratio);
}
export function atMost(bound: Bound, value: number): Verdict {
	return value <= bound.aim ? "aim" : value <= bound.must ? "must" : "MISSED";
}
export function atLeast(bound: Bound, value: number): Verdict {
	return value >= bound.aim ? "aim" : value >= bound.must ? "must" : "MISSED";
}
