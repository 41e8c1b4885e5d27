/** A difference in words: two frames side by side, kernel | hookline, with the names of the fields that differ. */
import { hex } from "../normalise.ts";
import type { Difference, FrameDifference, StateDifference } from "./difference.ts";
import { nameFields } from "./field-names.ts";
import type { TimedFrame } from "./lab-case.ts";

const ROW = 16;
const COLUMN = ROW * 3 - 1;

/** All of it: the first differing frame in full, the other ports' in a line each, then the state. Ends with \n; empty if equal. */
export function report(found: readonly Difference[]): string {
	const frames = found.filter((d) => d.kind === "frame");
	const state = found.filter((d) => d.kind === "state");
	const lines: string[] = [];
	for (const d of frames) {
		lines.push(headline(d));
		if (d === frames[0]) lines.push(...dump(d));
	}
	for (const d of state) lines.push(...stateLines(d));
	return lines.map((l) => `${l.trimEnd()}\n`).join("");
}

function headline(d: FrameDifference): string {
	const at = (f: TimedFrame): string => `${(f.time / 1e6).toFixed(3)} ms`;
	const where = `${d.port} frame ${d.index} (of ${d.frames[0]} | ${d.frames[1]})`;
	if (d.kernel === undefined) return `${where}: hookline alone has it, at ${at(d.hookline!)}`;
	if (d.hookline === undefined) return `${where}: the kernel alone has it, at ${at(d.kernel)}`;
	const a = d.kernel.bytes.length;
	const b = d.hookline.bytes.length;
	const length = a === b ? "" : `, ${a} bytes | ${b} bytes`;
	return `${where}, at ${at(d.kernel)} | ${at(d.hookline)}${length}`;
}

function dump(d: FrameDifference): string[] {
	const a = d.kernel?.bytes ?? new Uint8Array(0);
	const b = d.hookline?.bytes ?? new Uint8Array(0);
	const both = d.kernel !== undefined && d.hookline !== undefined;
	const lines = [`        ${"kernel".padEnd(COLUMN)} | hookline`];
	const rows = Math.ceil(Math.max(a.length, b.length) / ROW);
	const marks = Array.from({ length: rows }, (_, r) => marksOf(a, b, r * ROW));
	// every row of a header, and around a difference; what is left out of a long payload is said
	const shown = (r: number): boolean =>
		r < 6 || [r - 1, r, r + 1].some((n) => both && (marks[n] ?? "").includes("^"));
	for (let r = 0; r < rows; r++) {
		if (!shown(r)) {
			if (shown(r - 1)) lines.push("  …");
			continue;
		}
		const at = r * ROW;
		lines.push(`  ${at.toString(16).padStart(4, "0")}  ${row(a, at).padEnd(COLUMN)} | ${row(b, at)}`);
		if (both && marks[r].includes("^")) lines.push(`        ${marks[r]} | ${marks[r]}`);
	}
	if (!both) return [...lines, `  it is ${summary(a.length > 0 ? a : b)}`];
	const ours = new Map(nameFields(b).map((f) => [f.name, f]));
	for (const { name, from, to } of nameFields(a)) {
		const other = ours.get(name);
		ours.delete(name);
		const x = hex(a.subarray(from, to));
		const y = other === undefined ? "absent" : hex(b.subarray(other.from, other.to));
		if (x !== y) lines.push(`  ${name} (bytes ${from} to ${to - 1}): ${short(x)} | ${short(y)}`);
	}
	for (const [name, { from, to }] of ours)
		lines.push(`  ${name}: absent | ${short(hex(b.subarray(from, to)))}`);
	return lines;
}
function marksOf(a: Uint8Array, b: Uint8Array, at: number): string {
	return Array.from({ length: ROW }, (_, i) => (a[at + i] === b[at + i] ? "  " : "^^")).join(" ");
}
function row(b: Uint8Array, at: number): string {
	return [...b.subarray(at, at + ROW)].map((x) => x.toString(16).padStart(2, "0")).join(" ");
}
function short(h: string): string {
	return h.length <= 48 ? h : `${h.slice(0, 48)}… (${h.length / 2} bytes)`;
}
/** The headers of a frame that the other side does not have. */
function summary(b: Uint8Array): string {
	const headers = nameFields(b).map((f) => f.name.replace(/\.[^.]*$/, ""));
	return [...new Set(headers)].join(" / ");
}

function stateLines(d: StateDifference): string[] {
	return [
		`state, ${d.section}:`,
		...d.kernel.map((l) => `  kernel   | ${l}`),
		...d.hookline.map((l) => `  hookline | ${l}`),
	];
}
