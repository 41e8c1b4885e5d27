/** Where a fragment falls among those that are there (net/ipv4/inet_fragment.c, inet_frag_queue_insert). */

export const FITS = 0;
export const DUPLICATE = 1;
export const OVERLAP = 2;

export interface Runs {
	/** Fragments that came in order of offset, as [start, end) of the payload, sorted. */
	runs: { start: number; end: number }[];
	/** End of the fragment with the highest offset. */
	tailEnd: number;
}

/**
 * A fragment inside one that is there, or inside a run that came in order, is a duplicate; any other overlap is fatal (RFC 5722 §4).
 * On FITS the runs contain it.
 */
export function placeInRuns(q: Runs, start: number, end: number): number {
	const { runs } = q;
	if (runs.length === 0 || q.tailEnd < end) {
		if (runs.length > 0 && start < q.tailEnd) return OVERLAP;
		if (runs.length > 0 && start === q.tailEnd) runs[runs.length - 1].end = end;
		else runs.push({ start, end });
		q.tailEnd = end;
		return FITS;
	}
	for (const r of runs) {
		if (end <= r.start || start >= r.end) continue;
		return start >= r.start && end <= r.end ? DUPLICATE : OVERLAP;
	}
	let i = 0;
	while (i < runs.length && runs[i].start < start) i++;
	runs.splice(i, 0, { start, end });
	return FITS;
}
