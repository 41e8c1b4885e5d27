/** Sets as `ipset list` and `ipset save` print them. */
import { type HashSet, SET_EXTRA } from "@hookline/engine/netfilter/set-hash";
import { formatElement } from "./element.ts";

/** Revision of each type, as the tool and Linux 6.18 agree on it. */
const REVISION = { "hash:ip": 6, "hash:net": 7, "hash:ip,port": 7 } as const;
/** Bytes: an estimate, as the kernel's depends on how its table has grown. */
const SIZE = 216;
const SIZE_OF_ELEMENT = 40;

/** What it was created with, as `create` takes it again. */
function making(set: HashSet): string {
	const o = set.options;
	const words = [`family ${o.family === 4 ? "inet" : "inet6"} hashsize ${o.hashsize} maxelem ${o.maxelem}`];
	const netmask = o.netmask === undefined ? [] : [`netmask ${o.netmask}`];
	if (o.type === "hash:ip") words.push(...netmask);
	if (o.timeout !== undefined) words.push(`timeout ${o.timeout}`);
	if (o.counters) words.push("counters");
	if (o.comment) words.push("comment");
	words.push(`bucketsize ${o.bucketsize} initval 0x${(o.initval >>> 0).toString(16).padStart(8, "0")}`);
	if (o.type !== "hash:ip") words.push(...netmask);
	return words.join(" ");
}
/** The elements, each with what it has; by address when `sorted`. */
export function members(set: HashSet, sorted: boolean): string[] {
	const rows = set.rows();
	if (sorted) {
		const keys = new Map(rows.map((row) => [row, set.keyOf(row)]));
		rows.sort((x, y) => {
			const a = keys.get(x) as Int32Array;
			const b = keys.get(y) as Int32Array;
			for (let i = 0; i <= SET_EXTRA; i++) if (a[i] !== b[i]) return (a[i] >>> 0) - (b[i] >>> 0);
			return 0;
		});
	}
	return rows.map((row) => {
		const e = set.entryOf(row);
		let text = formatElement(set.keyOf(row), set);
		if (e.timeout !== undefined) text += ` timeout ${e.timeout}`;
		if (e.nomatch) text += " nomatch";
		if (set.options.counters) text += ` packets ${e.packets} bytes ${e.bytes}`;
		if (e.comment !== "") text += ` comment "${e.comment}"`;
		return text;
	});
}
export function listSet(set: HashSet, references: number, terse: boolean, sorted: boolean): string {
	const elements = members(set, sorted);
	const lines = [
		`Name: ${set.name}`,
		`Type: ${set.options.type}`,
		`Revision: ${REVISION[set.options.type]}`,
		`Header: ${making(set)}`,
		`Size in memory: ${SIZE + elements.length * SIZE_OF_ELEMENT}`,
		`References: ${references}`,
		`Number of entries: ${elements.length}`,
	];
	if (!terse) lines.push("Members:", ...elements);
	return `${lines.join("\n")}\n`;
}
export function saveSet(set: HashSet, sorted: boolean): string {
	const lines = [`create ${set.name} ${set.options.type} ${making(set)}`];
	for (const element of members(set, sorted)) lines.push(`add ${set.name} ${element}`);
	return `${lines.join("\n")}\n`;
}
