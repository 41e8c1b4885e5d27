/** Numbers as the kernel reads them from a file below /proc/sys. */
export const INT_MIN = -0x80000000;
export const INT_MAX = 0x7fffffff;

/** strtol with base 0 of the first word; undefined when it is no number in the range. */
export function parseInt0(text: string, [min, max]: readonly [number, number]): number | undefined {
	const word = /^[ \t\n]*(-?)(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)(?=[ \t\n]|$)/i.exec(text);
	if (word === null) return undefined;
	const digits = word[2]!;
	const size = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
	const value = word[1] === "-" ? -size : size;
	return value >= min && value <= max ? value : undefined;
}
