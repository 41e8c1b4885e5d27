/** What a trace consists of: records, and the names of what they number. Meaning of the kinds: `@hookline/engine/trace/kinds`. */

/** One thing that happened to a frame. */
export interface TraceRecord {
	/** T_* */
	readonly kind: number;
	/** Number of the frame, 0 none. */
	readonly serial: number;
	/** Virtual ns since the lab's start. */
	readonly time: number;
	/** Namespace id, -1 none. */
	readonly netns: number;
	/** Device id, -1 none. */
	readonly dev: number;
	/** Signed 32-bit integers, meaning by kind. */
	readonly a: number;
	readonly b: number;
	readonly c: number;
	readonly d: number;
	/** Words for what numbers alone do not say: the rule of a T_RULE, the packet of a T_TX, `stays as it is` of a T_NAT; empty when there are none. */
	readonly text: string;
}

export interface NetnsName {
	readonly id: number;
	/** "." is the namespace that the lab starts in. */
	readonly name: string;
}
export interface DeviceName {
	readonly id: number;
	readonly name: string;
	/** Namespace id. */
	readonly netns: number;
	readonly ifindex: number;
}

/** What exists; a later list adds to, or replaces by id, what an earlier one said. */
export interface TraceNames {
	readonly netns: readonly NetnsName[];
	readonly devices: readonly DeviceName[];
}

export interface TraceHeader {
	readonly version: number;
	readonly seed: number;
	/** Name of the lab file, as it was given. */
	readonly lab: string;
	readonly names: TraceNames;
}

/** Version of `schema/trace.proto` that this package writes, and the only one it reads. */
export const TRACE_VERSION = 1;
/** Highest Text.id; ids are used again after it, so neither side of a file grows without limit. */
export const MAX_TEXTS = 65_536;
