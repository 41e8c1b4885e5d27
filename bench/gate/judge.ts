/** When the gate closes: a ratio far above the stored one in every attempt. */

/** ours ÷ C as it once was on some machine. */
export interface Stored {
	readonly path: string;
	/** Bytes from the destination MAC on. */
	readonly frame: number;
	readonly flows: number;
	readonly ratio: number;
}
export interface Judgement {
	readonly passed: boolean;
	/** The smallest ratio seen. */
	readonly best: number;
	readonly attempts: number;
}

/** Generous: processors differ in how they treat the two, and machines are busy. */
export const FACTOR = 2;
export const ATTEMPTS = 6;

/** Attempts until one is good enough, `ATTEMPTS` at most. */
export async function judge(
	stored: number,
	attempt: () => Promise<number>,
	attempts = ATTEMPTS,
): Promise<Judgement> {
	let best = Number.POSITIVE_INFINITY;
	for (let i = 1; i <= attempts; i++) {
		best = Math.min(best, await attempt());
		if (best <= FACTOR * stored) return { passed: true, best, attempts: i };
	}
	return { passed: false, best, attempts };
}
