import type { CaptureRecord } from "./record.ts";

const NS_PER_S = 1_000_000_000n;
const TWO_32 = 4_294_967_296;

/** Binary or decimal power of if_tsresol: `{ binary, exponent }` means (binary ? 2 : 10)^-exponent seconds. */
export function resolution(tsresol: number): { binary: boolean; exponent: number } {
	return { binary: (tsresol & 0x80) !== 0, exponent: tsresol & 0x7f };
}

/** Nanoseconds of a count in units of `tsresol`; finer units are rounded down. */
export function ticksToNs(ticks: bigint, tsresol: number): bigint {
	const { binary, exponent } = resolution(tsresol);
	if (binary) return (ticks * NS_PER_S) >> BigInt(exponent);
	return exponent <= 9 ? ticks * 10n ** BigInt(9 - exponent) : ticks / 10n ** BigInt(exponent - 9);
}

/**
 * Count of `tsresol` units at `ns`. Coarser units are rounded down; finer ones so that `ticksToNs` gives `ns` back
 * (a whole nanosecond seldom falls on a binary tick, and rounding down would return the one before).
 */
export function nsToTicks(ns: bigint, tsresol: number): bigint {
	const { binary, exponent } = resolution(tsresol);
	if (!binary) return exponent >= 9 ? ns * 10n ** BigInt(exponent - 9) : ns / 10n ** BigInt(9 - exponent);
	const scaled = ns << BigInt(exponent);
	return (exponent >= 30 ? scaled + NS_PER_S - 1n : scaled) / NS_PER_S;
}

/**
 * Nanoseconds since 1970-01-01T00:00:00Z, 0n for a record without a stamp. A bigint because epoch nanoseconds do not
 * fit a float64. An out-of-range sub-second field simply carries into the seconds; thiszone is ignored, as libpcap does.
 */
export function timestampNs(record: CaptureRecord): bigint {
	const { iface, tsHigh, tsLow } = record;
	if (!record.hasTimestamp) return 0n;
	if (iface.split) return BigInt(tsHigh) * NS_PER_S + ticksToNs(BigInt(tsLow), iface.tsresol);
	const ticks = (BigInt(tsHigh) << 32n) | BigInt(tsLow);
	return ticksToNs(ticks, iface.tsresol) + iface.tsoffset * NS_PER_S;
}

/**
 * Nanoseconds from `first` to `record`, a float64 (exact below 2^53 ns, 104 days). Negative if `record` is earlier;
 * 0 if either has no stamp.
 */
export function relativeNs(record: CaptureRecord, first: CaptureRecord): number {
	if (!record.hasTimestamp || !first.hasTimestamp) return 0;
	// Two records of one interface need no bigint: only differences count.
	if (record.iface === first.iface && record.iface.tsresol <= 9) {
		const unit = 10 ** (9 - record.iface.tsresol);
		const high = record.tsHigh - first.tsHigh;
		const low = record.tsLow - first.tsLow;
		if (record.iface.split) return high * 1e9 + low * unit;
		const ticks = high * TWO_32 + low;
		if (Number.isSafeInteger(ticks * unit)) return ticks * unit;
	}
	return Number(timestampNs(record) - timestampNs(first));
}
