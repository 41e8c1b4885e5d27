import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../../", import.meta.url);

/** Captures of this repository, see test/captures/README.md. */
export const OWN = fileURLToPath(new URL("test/captures/", ROOT));
/** A larger set beside the checkout; not everybody has it. */
export const SHARED = fileURLToPath(new URL("../shared/captures/", ROOT));
export const hasShared = existsSync(`${SHARED}INDEX.md`);

if (!hasShared) console.warn(`SKIPPED: the larger capture set is not there (${SHARED}INDEX.md)`);

export function load(folder: string, name: string): Uint8Array {
	return new Uint8Array(readFileSync(folder + name));
}

export function captureNames(folder: string): string[] {
	return readdirSync(folder).filter((name) => /\.pcap(ng)?$/.test(name));
}

/** Packets by file, from the table of a README.md or INDEX.md: the first cell and the column headed "packets". */
export function packetCounts(folder: string, table: string): Map<string, number> {
	const rows = readFileSync(folder + table, "utf8")
		.split("\n")
		.filter((line) => line.startsWith("|"))
		.map((line) => line.split("|").map((cell) => cell.trim()));
	const column = rows[0]!.indexOf("packets");
	return new Map(rows.slice(2).map((row) => [row[1]!, Number(row[column])]));
}

export function hex(text: string): Uint8Array {
	return Uint8Array.from(text.replace(/\s/g, "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
	return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** Collects what a writer gives its sink. */
export function collector(): { sink: (bytes: Uint8Array) => void; bytes: () => Uint8Array } {
	const parts: Uint8Array[] = [];
	return {
		sink: (bytes) => parts.push(bytes),
		bytes: () => {
			const all = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
			let at = 0;
			for (const part of parts) {
				all.set(part, at);
				at += part.length;
			}
			return all;
		},
	};
}
