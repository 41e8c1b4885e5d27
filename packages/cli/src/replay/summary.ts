/** What a replay did, as text and as one JSON object. */
import type { Lab, LabCounters } from "hookline";
import { createColors } from "picocolors";
import { columns, grouped } from "../io/table.ts";
import { type NatLine, natTable } from "./nat-table.ts";
import type { ObservedPort } from "./observer.ts";
import type { Played, Source } from "./session.ts";

export interface SummaryInput {
	readonly port: string;
	readonly direction: "tx" | "rx";
	readonly file: string;
	readonly frames: number;
	readonly cut: number;
	readonly refused: Readonly<Record<string, number>>;
}
export interface Summary extends LabCounters {
	readonly in: readonly SummaryInput[];
	readonly out: readonly ObservedPort[];
	readonly nat: readonly NatLine[];
	/** Wall clock. */
	readonly seconds: number;
	readonly packetsPerSecond: number;
	readonly damage: readonly { readonly file: string; readonly offset: number; readonly message: string }[];
}

export function summarize(
	lab: Lab,
	sources: readonly Source[],
	ports: readonly string[],
	out: readonly ObservedPort[],
	played: Played,
): Summary {
	const frames = sources.reduce((sum, s) => sum + s.frames, 0);
	return {
		in: sources.map((s, i) => ({
			port: ports[i],
			direction: s.injector.direction,
			file: s.file.path,
			frames: s.frames,
			cut: s.cut,
			refused: Object.fromEntries(s.injector.refused),
		})),
		out,
		...lab.counters(),
		nat: natTable(lab),
		seconds: played.seconds,
		packetsPerSecond: played.seconds > 0 ? Math.round(frames / played.seconds) : 0,
		damage: played.damage.map(({ file, offset, message }) => ({ file, offset, message })),
	};
}

export function summaryText(s: Summary, colour: boolean): string {
	const { bold } = createColors(colour);
	const rows: (string | number)[][] = [];
	for (const i of s.in) {
		rows.push(["in", i.port, i.direction, i.frames, i.file]);
		if (i.cut > 0) rows.push(["", "", "", i.cut, "of these cut short by the capture's snap length"]);
		for (const [why, n] of Object.entries(i.refused))
			rows.push(["", "", "", n, `of these refused: ${refusal(why)}`]);
	}
	for (const o of s.out)
		for (const d of ["rx", "tx"] as const)
			if (o.direction === undefined || o.direction === d) rows.push(["out", o.port, d, o[d], o.file]);
	let text = `${bold("frames")}\n${columns(rows, "  ")}${accountText(s, colour)}`;
	if (s.nat.length > 0)
		text += `${bold("NAT table")}\n${columns(
			s.nat.map((n) => [n.netns, n.line]),
			"  ",
		)}`;
	return `${text}${bold("speed")}\n  ${grouped(s.packetsPerSecond)} packets/s (wall clock)\n`;
}

/** Where every frame is or went. */
export function accountText(c: LabCounters, colour: boolean): string {
	const { bold } = createColors(colour);
	let text = "";
	const drops = byCount(c.droppedBy);
	text += `${bold("dropped")}\n${drops.length > 0 ? columns(drops, "  ") : "  none\n"}`;
	const ends = byCount(c.deliveredTo);
	if (ends.length > 0) text += `${bold("delivered to")}\n${columns(ends, "  ")}`;
	const n = (x: number): string => grouped(x);
	return `${text}${bold("account")}
  injected ${n(c.injected)} + generated ${n(c.generated)} = delivered ${n(c.delivered)} + dropped ${n(c.dropped)} + held ${n(c.held)}
`;
}

function byCount(counts: Readonly<Record<string, number>>): [number, string][] {
	return Object.entries(counts)
		.map(([name, n]): [number, string] => [n, name])
		.sort((a, b) => b[0] - a[0] || (a[1] < b[1] ? -1 : 1));
}

function refusal(errno: string): string {
	if (errno === "EMSGSIZE") return "longer than the device's MTU (EMSGSIZE)";
	if (errno === "ENETDOWN") return "the device is down (ENETDOWN)";
	if (errno === "EINVAL") return "shorter than an Ethernet header (EINVAL)";
	if (errno === "ENOBUFS") return "no room (ENOBUFS)";
	return errno;
}
