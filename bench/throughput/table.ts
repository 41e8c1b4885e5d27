/** The figures as text. */
import { atMost, COLLECTIONS, MORE_FLOWS, MORE_RULES, type Verdict, verdictOf } from "../peers/musts.ts";
import type { PeerName } from "../peers/peer.ts";
import type { BenchRow, Growth } from "./rows.ts";

/** How a peer's ratio is read. */
const RATIO: Readonly<Record<PeerName, string>> = {
	c: "ours/c",
	kernel: "kernel/ours",
	ovs: "ovs/ours",
};

/** `width`: of the longest path name. */
export function headline(peers: readonly PeerName[], width = 7): string {
	const theirs = peers.map((p) => `${p.padStart(10)} ${RATIO[p].padStart(13)}`).join("");
	const must = peers.length > 0 ? "  what must be" : "";
	return `${"path".padEnd(width)} frame   flows  rules     ours      min      max     Mpps  gc/10M   RSS${theirs}${must}\n`;
}
export function line(r: BenchRow, peers: readonly PeerName[], width = 7): string {
	const { median, min, max } = r.nsPerPacket;
	const own = `${r.path.padEnd(width)} ${num(r.frame, 5)} ${num(r.flows, 7)} ${num(r.rules, 6)} ${num(median, 8)} ${num(min, 8)} ${num(max, 8)} ${num(r.mpps, 8, 2)} ${num(r.gcPer10M, 7, 1)} ${num(r.rssMB, 4)}M`;
	const theirs = peers.map((p) => {
		const b = r.against[p];
		if (b === null || b === undefined) return `${"-".padStart(10)} ${"-".padStart(13)}`;
		return `${num(b.median, 10, b.median < 100 ? 1 : 0)} ${num(b.ratio, 13, 2)}`;
	});
	const per = r.nsPerUnit === undefined ? "" : `  ${num(r.nsPerUnit.median, 6)} a ${r.nsPerUnit.unit}`;
	return `${own}${theirs.join("")}${peers.length > 0 ? `  ${judged(r, peers)}` : ""}${per}\n`;
}
/** What was set down for the row's ratios, and whether it holds. */
export function judged(r: BenchRow, peers: readonly PeerName[]): string {
	const words = peers.flatMap((p) => {
		const b = r.against[p];
		if (b === null || b === undefined) return [];
		const verdict = verdictOf(p, r.path, r.flows, r.rules, b.ratio);
		return verdict === undefined ? [] : [`${p} ${verdict}`];
	});
	return [...words, `gc ${atMost(COLLECTIONS, r.gcPer10M)}`].join(", ");
}
/** Why a peer has no figure in a row, for peers that can run at all. */
export function reasonsText(r: BenchRow, missing: readonly PeerName[]): string {
	return Object.entries(r.reasons ?? {})
		.filter(([p]) => !missing.includes(p as PeerName))
		.map(([p, why]) => `        ${p}: ${why}\n`)
		.join("");
}
/** The part of the kernel's time that is the sender's, over the rows. */
export function senderText(rows: readonly BenchRow[]): string {
	const senders = rows.flatMap((r) => r.against.kernel?.sender ?? []);
	if (senders.length === 0) return "";
	const low = Math.round(Math.min(...senders));
	const high = Math.round(Math.max(...senders));
	return `\nThe kernel's figure contains its sender, ${low === high ? low : `${low} to ${high}`} ns: system call, buffer, copy, a driver that drops.\n`;
}
export function growthText(growth: readonly Growth[]): string {
	const verdict = (g: Growth): Verdict => atMost(g.of === "flows" ? MORE_FLOWS : MORE_RULES, g.ratio);
	const lines = growth.map((g) => {
		const what = `${g.to.toLocaleString("en")} ${g.of} ÷ ${g.from.toLocaleString("en")}`;
		const where = `${g.beside.toLocaleString("en")} ${g.of === "flows" ? "rules" : "flows"}`;
		return `${g.path.padEnd(7)} ${num(g.frame, 5)}  ${where.padStart(14)}  ${what.padEnd(24)} ${num(g.ratio, 6, 2)}  ${verdict(g)}\n`;
	});
	return lines.length === 0 ? "" : `\n${lines.join("")}`;
}
function num(x: number, width: number, digits = 0): string {
	return x.toFixed(digits).padStart(width);
}
