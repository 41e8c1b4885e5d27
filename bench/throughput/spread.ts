/** Several figures of one thing: the middle one and the ends. */

export interface Spread {
	readonly median: number;
	readonly min: number;
	readonly max: number;
}

/** Throws on an empty list. */
export function spread(values: readonly number[]): Spread {
	const sorted = ascending(values);
	return { median: middle(sorted), min: sorted[0], max: sorted[sorted.length - 1] };
}

export function median(values: readonly number[]): number {
	return middle(ascending(values));
}

/** The largest value over the middle one: how bad the worst start was. */
export function worstOverMedian(values: readonly number[]): number {
	const { median, max } = spread(values);
	return max / median;
}

/**
 * Confidence interval of the median from order statistics (the sign test), with no assumption about the distribution: the
 * innermost pair of ranks that covers at least `confidence`. Undefined when there are too few values for it.
 */
export function medianInterval(
	values: readonly number[],
	confidence = 0.95,
): readonly [number, number] | undefined {
	const sorted = ascending(values);
	const n = sorted.length;
	// P(the median lies below the k-th smallest) is the sum of the first k terms of the binomial distribution (n, 1/2)
	let term = 0.5 ** n;
	let below = 0;
	let k = 0;
	while (k < n / 2 && 1 - 2 * (below + term) >= confidence) {
		below += term;
		term = (term * (n - k)) / (k + 1);
		k++;
	}
	return k === 0 ? undefined : [sorted[k - 1], sorted[n - k]];
}

function ascending(values: readonly number[]): number[] {
	if (values.length === 0) throw new RangeError("no figures");
	return [...values].sort((a, b) => a - b);
}
function middle(sorted: readonly number[]): number {
	const n = sorted.length;
	return n % 2 === 1 ? sorted[(n - 1) / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}
