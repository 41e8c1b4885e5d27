/** What became of each frame of a trace: who it comes from, where it ended, and which rule decided. */
import { DELIVERED, deliveryName } from "@hookline/engine/frame/delivery";
import { DROP, dropReasonName } from "@hookline/engine/frame/drop";
import { PACKET_HOST } from "@hookline/engine/frame/pool";
import { RTN_UNICAST } from "@hookline/engine/netfilter/types";
import * as K from "@hookline/engine/trace/kinds";
import type { TraceRecord } from "@hookline/scenario/record";

/** Where a frame comes from. */
export type FrameOrigin = "injected" | "copy" | "fragment" | "reassembled" | "stack";

const HANDED_ON: ReadonlySet<number> = new Set([
	DELIVERED.fragmentation,
	DELIVERED.reassembly,
	DELIVERED.clones,
]);
const VERDICT_DROP = 0;

/** One frame of the story. */
export class FrameStory {
	readonly serial: number;
	origin: FrameOrigin;
	/** Serial of the frame whose packet it carries on, 0 none. */
	parent: number;
	/** The packet when it was first seen, in words. */
	packet = "";
	/** The T_DELIVERED or T_DROPPED record. */
	end: TraceRecord | undefined;
	/** Why it waits, while it does. */
	wait: TraceRecord | undefined;
	/** The T_RULE or T_POLICY whose verdict was to drop it. */
	decided: TraceRecord | undefined;
	/** The T_RX at a device that has the frame's destination MAC, as long as the frame has not gone on from there. */
	arrived: TraceRecord | undefined;

	constructor(serial: number, origin: FrameOrigin, parent: number) {
		this.serial = serial;
		this.origin = origin;
		this.parent = parent;
	}
	/** Consumed by somebody, not just handed on in other frames. */
	get delivered(): boolean {
		return this.end?.kind === K.T_DELIVERED && !HANDED_ON.has(this.end.a);
	}
	get dropped(): boolean {
		return this.end?.kind === K.T_DROPPED;
	}
	/** `delivered to …`, `dropped: …` or `held: …`. `place` writes NETNS:DEV of a record. */
	ending(place: (r: TraceRecord) => string): string {
		const { end } = this;
		if (end === undefined) return `held: ${this.waiting(place)}`;
		if (end.kind === K.T_DELIVERED) return `delivered to ${place(end)} (${deliveryName(end.a)})`;
		return `dropped: ${dropReasonName(end.a)}, at ${place(end)}${this.by()}`;
	}
	private by(): string {
		const { decided, end } = this;
		if (decided === undefined || end?.a !== DROP.NETFILTER_DROP) return "";
		const words = decided.text || `table ${decided.a} chain ${decided.b}`;
		return decided.kind === K.T_POLICY ? `, by policy of ${words}` : `, by ${words}`;
	}
	private waiting(place: (r: TraceRecord) => string): string {
		const { wait } = this;
		if (wait === undefined) return "waits in the backlog";
		if (wait.kind === K.T_WIRE) return `on the wire of ${place(wait)}`;
		if (wait.kind === K.T_NEIGH_QUEUE) return `waits for ARP, at ${place(wait)}`;
		if (wait.kind === K.T_NEIGH6_QUEUE) return `waits for a neighbour, at ${place(wait)}`;
		return `waits for the other fragments, in ${place(wait).replace(/:.*/, "")}`;
	}
}

/** Fed with every record in order; records of frames that were born before the first one seen are not part of the story. */
export class Stories {
	/** By serial, in order of birth. */
	readonly frames: Map<number, FrameStory> = new Map();
	/** Frames that have not ended. */
	live = 0;
	/** Serial of the explained frame, 0 before it is known. */
	first = 0;
	private cutting = 0;
	private pieces = 0;
	private gathered = 0;

	/** Frames that carry the explained frame's packet: itself, its copies, its fragments. */
	family(): FrameStory[] {
		const members = new Set<number>([this.first]);
		for (const f of this.frames.values()) if (members.has(f.parent)) members.add(f.serial);
		return [...this.frames.values()].filter((f) => members.has(f.serial));
	}
	add(r: TraceRecord): void {
		if (r.kind === K.T_ALLOC) {
			this.born(r);
			return;
		}
		const f = this.frames.get(r.serial);
		if (f === undefined) return;
		if (f.packet === "" && (r.kind === K.T_TX || r.kind === K.T_RX)) f.packet = r.text;
		switch (r.kind) {
			case K.T_DELIVERED:
			case K.T_DROPPED:
				f.end = r;
				this.live--;
				if (r.kind === K.T_DELIVERED && r.a === DELIVERED.reassembly) this.gathered = f.serial;
				break;
			case K.T_HOOK:
				f.decided = undefined;
				break;
			case K.T_RULE:
			case K.T_POLICY:
				f.decided = r.d === VERDICT_DROP ? r : undefined;
				break;
			case K.T_RX:
				f.arrived = r.b === PACKET_HOST ? r : undefined;
				f.wait = undefined;
				break;
			case K.T_TX:
				f.arrived = undefined;
				f.wait = undefined;
				break;
			case K.T_ROUTE:
				if (r.b === RTN_UNICAST) f.arrived = undefined;
				break;
			case K.T_WIRE:
			case K.T_NEIGH_QUEUE:
			case K.T_NEIGH6_QUEUE:
				f.wait = r;
				break;
			case K.T_FRAGMENT:
				this.cutting = r.serial;
				this.pieces = r.b;
				break;
			case K.T_DEFRAG:
				this.defragmented(f, r);
				break;
		}
	}
	private born(r: TraceRecord): void {
		const copy = this.frames.has(r.a);
		const f = new FrameStory(r.serial, copy ? "copy" : "stack", copy ? r.a : 0);
		if (copy) f.packet = this.frames.get(r.a)?.packet ?? "";
		else if (this.first === 0) {
			f.origin = "injected";
			this.first = r.serial;
		} else if (this.pieces > 0) {
			f.origin = "fragment";
			f.parent = this.cutting;
			this.pieces--;
		}
		this.frames.set(r.serial, f);
		this.live++;
	}
	/** Fragments wait for each other; the last one to come brings the datagram, which carries its packet on. */
	private defragmented(f: FrameStory, r: TraceRecord): void {
		if (r.a === 0) {
			f.wait = r;
			return;
		}
		if (f.origin === "stack" && f.parent === 0 && this.gathered !== 0 && this.gathered !== f.serial) {
			f.origin = "reassembled";
			f.parent = this.gathered;
		}
		this.gathered = 0;
	}
}
