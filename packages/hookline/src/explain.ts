/** One frame's way through a lab, hop by hop, and how it ended. */
import { DROP } from "@hookline/engine/frame/drop";
import { TracePrinter } from "@hookline/scenario/print";
import { durationText, numberText, plural } from "@hookline/scenario/print-values";
import type { TraceRecord } from "@hookline/scenario/record";
import type { DeviceHandle } from "./device-handle.ts";
import { StoryRecorder } from "./explain-record.ts";
import { type FrameOrigin, type FrameStory, Stories } from "./explain-story.ts";
import { frameWords, macWords } from "./frame-words.ts";
import type { Lab } from "./lab.ts";
import { traceNames } from "./trace-names.ts";

/** Longest virtual time that a story is followed for while frames are on a wire or wait, ns. */
const PATIENCE = 5e9;
/** A story that has this many records is followed no further in time: frames go round in circles. */
const MAX_RECORDS = 100_000;

export type Outcome = "delivered" | "dropped" | "held";

/** A frame that had a part in the story. */
export interface ExplainedFrame {
	/** As the lines number it: 1 is the explained one. */
	readonly number: number;
	readonly origin: FrameOrigin;
	/** Number of the frame whose packet it carries on, 0 none. */
	readonly parent: number;
	/** The packet when it was first seen, in words. */
	readonly packet: string;
	readonly outcome: Outcome;
	/** `delivered to …`, `dropped: …`, `held: …` */
	readonly end: string;
}

export interface Explanation {
	/**
	 * The story in order: the frame, what happened line by line, how other frames ended. The last line is how the frame itself
	 * ended: `delivered to NETNS:DEV (WHO)`, `dropped: REASON, at NETNS:DEV[, by RULE]` or `held: …`.
	 */
	readonly lines: readonly string[];
	readonly records: readonly TraceRecord[];
	/** Of the packet: delivered when the frame or any copy of it was. */
	readonly outcome: Outcome;
	/** The last line, and what else is to be said of copies, answers and time. */
	readonly summary: string;
	readonly frames: readonly ExplainedFrame[];
	/** Virtual ns that passed until the story was over. */
	readonly waited: number;
}

/**
 * Send a frame out of a device (tx) or let it arrive there (rx), and say all that happened. The lab goes on from what the frame
 * left behind; its time moves, by at most 5 s, as long as a frame of the story is on a wire or waits; after 100,000 records it does not wait.
 * Throws when the lab is being traced already.
 */
export function explain(lab: Lab, bytes: Uint8Array, at: DeviceHandle, direction: "tx" | "rx"): Explanation {
	const recorder = new StoryRecorder(lab);
	const stories = new Stories();
	const records: TraceRecord[] = [];
	const start = lab.now;
	const take = (): void => {
		for (const r of recorder.take()) {
			records.push(r);
			stories.add(r);
		}
	};
	const printer = new TracePrinter(traceNames(lab), { origin: start });
	let refused: string | undefined;
	recorder.start();
	try {
		refused = direction === "tx" ? at.transmit(bytes) : at.receive(bytes);
		take();
		while (stories.live > 0 && records.length < MAX_RECORDS && lab.nextEventTime <= start + PATIENCE) {
			lab.runUntil(lab.nextEventTime);
			take();
		}
	} finally {
		recorder.stop();
	}
	const where = printer.place(at.dev.netns, at.dev.id);
	const title = `${plural(bytes.length, "byte")} ${direction} at ${where}: ${bytes.length < 14 ? "no frame" : `${macWords(bytes)} ${frameWords(bytes)}`}`;
	if (refused !== undefined) return refusal(title, refused, where);
	return told(title, records, stories, printer, start);
}
/** The explanation as text, each line ended. */
export function explainText(e: Explanation): string {
	const lines = [...e.lines];
	const last = lines[lines.length - 1];
	if (e.summary !== last) lines.splice(lines.length - 1, 0, `in short: ${e.summary}`);
	return `${lines.join("\n")}\n`;
}

/** The device did not even take the frame, as the send of a packet socket fails. */
function refusal(title: string, errno: string, where: string): Explanation {
	const end = `dropped: ${errno}, at ${where}`;
	return { lines: [title, end], records: [], outcome: "dropped", summary: end, frames: [], waited: 0 };
}
function told(
	title: string,
	records: TraceRecord[],
	stories: Stories,
	printer: TracePrinter,
	start: number,
): Explanation {
	const place = (r: TraceRecord): string => printer.place(r.netns, r.dev);
	const family = stories.family();
	const others = [...stories.frames.values()].filter((f) => !family.includes(f));
	const lines = [title, ...recordLines(records, printer, start)];
	for (const f of family) if (family.length > 1) lines.push(`${nameOf(f)}: ${f.ending(place)}`);
	for (const f of others) lines.push(`${nameOf(f)}: ${f.ending(place)}`);
	const decisive = decisiveOf(family);
	if (decisive.dropped && decisive.arrived !== undefined) lines.push(`arrived at ${place(decisive.arrived)}`);
	const end = endOf(family, decisive, place);
	lines.push(end);
	const waited = (records[records.length - 1]?.time ?? start) - start;
	const also: string[] = [];
	if (family.length > 1) also.push(`${family.length} frames carried it`);
	if (others.length > 0) also.push(`${plural(others.length, "other frame")} followed`);
	if (waited > 0) also.push(`it took ${durationText(waited)}`);
	return {
		lines,
		records,
		outcome: outcomeOf(decisive),
		summary: [end, ...also].join("; "),
		frames: [...stories.frames.values()].map((f) => ({
			number: f.serial,
			origin: f.origin,
			parent: f.parent,
			packet: f.packet,
			outcome: outcomeOf(f),
			end: f.ending(place),
		})),
		waited,
	};
}
function recordLines(records: readonly TraceRecord[], printer: TracePrinter, start: number): string[] {
	const lines: string[] = [];
	let now = start;
	for (const r of records) {
		if (r.time > now) {
			lines.push(`… ${durationText(r.time - now)} pass`);
			now = r.time;
		}
		lines.push(printer.line(r));
	}
	return lines;
}
function nameOf(f: FrameStory): string {
	const from = {
		injected: "the frame itself",
		copy: `copy of ${numberText(f.parent)}`,
		fragment: `fragment of ${numberText(f.parent)}`,
		reassembled: `reassembled from ${numberText(f.parent)} and others`,
		stack: "made by the stack",
	}[f.origin];
	const packet = f.origin === "injected" || f.packet === "" ? "" : `, ${f.packet}`;
	return `${numberText(f.serial)} (${from}${packet})`;
}
function outcomeOf(f: FrameStory): Outcome {
	if (f.end === undefined) return "held";
	return f.dropped ? "dropped" : "delivered";
}
/**
 * Whose end is the packet's: a delivered frame's, else a waiting one's, else one that was dropped for another reason than that a
 * flooded copy was not for that host.
 */
function decisiveOf(family: readonly FrameStory[]): FrameStory {
	return (
		family.find((f) => f.delivered) ??
		family.find((f) => f.end === undefined) ??
		family.find((f) => f.dropped && f.end?.a !== DROP.OTHERHOST) ??
		family.find((f) => f.dropped) ??
		family[0]
	);
}
function endOf(
	family: readonly FrameStory[],
	decisive: FrameStory,
	place: (r: TraceRecord) => string,
): string {
	if (!decisive.delivered) return decisive.ending(place);
	const where = new Set(
		family.filter((f) => f.delivered).map((f) => f.ending(place).replace(/^delivered to /, "")),
	);
	return `delivered to ${[...where].join(", ")}`;
}
