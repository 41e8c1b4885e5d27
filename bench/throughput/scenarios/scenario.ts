/** What a scenario is: a lab, what goes in, what has to come out, and how much of it there is in one step. */
import type { DropReasonName } from "@hookline/engine/frame/drop";
import type { Core } from "@hookline/engine/ring/core";
import { type DeviceHandle, Lab } from "hookline";
import type { FrameSet } from "./frame-set.ts";

/** Frames at one instant, where nothing speaks for fewer. */
export const BURST = 256;
/** Virtual ns that pass for each frame sent: a million frames a second. */
export const NS_PER_FRAME = 1000;

export interface ScenarioJob {
	/** Bytes of a frame from the destination MAC on. */
	readonly frame: number;
	readonly flows: number;
	readonly vector: number;
}
/** Says that these bytes arrive at `traffic.sinks[sink]`, in this order. */
export type Expect = (sink: number, bytes: Uint8Array) => void;

export interface Stream {
	readonly set: FrameSet;
	/** All that comes of frame `i`, as its header stands now. */
	arrives(i: number, expect: Expect): void;
}
export interface Traffic {
	readonly lab: Lab;
	readonly sinks: readonly DeviceHandle[];
	readonly streams: readonly Stream[];
	/** Of one step. */
	readonly injected: number;
	readonly arrived: number;
	/** Frames that end otherwise in one step, as they should. */
	readonly dropped?: Partial<Record<DropReasonName, number>>;
	/** Steps until every flow has gone at least once. */
	readonly round: number;
	/** Before the first step: connections are made. Frames are watched. */
	open?(): void;
	/** Frames in, all that they cause, and their time on the line. */
	step(): void;
	/** More than the frame account that must hold at the end; throws. */
	check?(): void;
}
export interface Scenario {
	readonly name: string;
	readonly about: string;
	/** Rules that a packet meets in FORWARD on a host. */
	readonly rules: number;
	readonly minFrame: number;
	readonly maxFrame: number;
	/** The numbers of flows that it is measured with; missing: those that were asked for. */
	readonly flows?: readonly number[];
	/** Frames timed, where a million takes too long. */
	readonly count?: number;
	/** What the cost is also divided by: so many of them a frame. */
	readonly unit?: { readonly name: string; readonly perFrame: number };
	build(job: ScenarioJob): Traffic;
}

/** A lab built from `text`, with room for a million connections in each namespace. */
export function buildLab(
	name: string,
	text: string,
	options: { readonly vector: number; readonly frames?: number; readonly ipv6?: boolean },
): Lab {
	const lab = new Lab({ ...options, err: (t) => process.stderr.write(t) });
	lab.machine.root.conf.nf_conntrack_max = 1_000_000;
	if (lab.run(text, { file: `${name}.sh`, errexit: true }) !== 0) throw new Error(`the ${name} lab failed`);
	return lab;
}
/** Everything that is due happens, and the time that `frames` frames take on the line passes. */
export function pass(core: Core, frames: number): void {
	core.runUntil(core.clock[0] + frames * NS_PER_FRAME);
}
/** Ports of a flow: 50,000 source ports, then the next destination port. */
export const sportOf = (flow: number): number => 1024 + (flow % 50_000);
export const dportOf = (flow: number): number => 5000 + Math.floor(flow / 50_000);
export const MOST_FLOWS = 100_000;
export function checkFlows(name: string, flows: number): void {
	if (flows > MOST_FLOWS) throw new Error(`${name} has ports for ${MOST_FLOWS} flows, not ${flows}`);
}
