/** Columns of text: each as wide as its widest cell, two blanks between; numbers stand to the right. */
export function columns(rows: readonly (readonly (string | number)[])[], indent = ""): string {
	const widths: number[] = [];
	for (const row of rows)
		for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, text(cell).length);
	const line = (row: readonly (string | number)[]): string =>
		row
			.map((cell, i) =>
				typeof cell === "number" ? text(cell).padStart(widths[i]) : text(cell).padEnd(widths[i]),
			)
			.join("  ")
			.trimEnd();
	return rows.map((row) => `${indent}${line(row)}\n`).join("");
}

/** A whole number with its thousands apart. */
function text(cell: string | number): string {
	return typeof cell === "number" ? grouped(cell) : cell;
}

/** `1234567` as `1,234,567`. */
export function grouped(n: number): string {
	return Math.round(n)
		.toString()
		.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 frame`, `2 frames`. */
export function plural(n: number, word: string): string {
	return `${grouped(n)} ${word}${n === 1 ? "" : "s"}`;
}
