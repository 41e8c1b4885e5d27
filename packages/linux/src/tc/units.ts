/** Times and rates as tc reads and prints them. */

/** Nanoseconds; without a unit the number counts microseconds. Undefined when it is no time. */
export function parseTime(text: string): number | undefined {
	const m = /^(\d+\.?\d*|\.\d+)([a-z]*)$/i.exec(text);
	if (m === null) return undefined;
	const unit: Readonly<Record<string, number>> = {
		"": 1e3,
		s: 1e9,
		sec: 1e9,
		secs: 1e9,
		ms: 1e6,
		msec: 1e6,
		msecs: 1e6,
		us: 1e3,
		usec: 1e3,
		usecs: 1e3,
		ns: 1,
		nsec: 1,
		nsecs: 1,
	};
	const factor = unit[m[2]!.toLowerCase()];
	return factor === undefined ? undefined : Math.round(Number(m[1]) * factor);
}

const RATE_UNITS: readonly (readonly [string, number])[] = (() => {
	const units: [string, number][] = [
		["", 1],
		["bit", 1],
		["bps", 8],
	];
	for (const [index, prefix] of ["k", "m", "g", "t"].entries()) {
		const ten = 1000 ** (index + 1);
		const two = 1024 ** (index + 1);
		units.push(
			[`${prefix}bit`, ten],
			[`${prefix}ibit`, two],
			[`${prefix}bps`, 8 * ten],
			[`${prefix}ibps`, 8 * two],
		);
	}
	return units;
})();

/** Bits per second: `1gbit`, `100mbit`, `10mbps` (bytes), `1kibit`. Undefined when it is no rate. */
export function parseRate(text: string): number | undefined {
	const m = /^(\d+\.?\d*|\.\d+)([a-z]*)$/i.exec(text);
	if (m === null) return undefined;
	const unit = RATE_UNITS.find(([name]) => name === m[2]!.toLowerCase());
	return unit === undefined ? undefined : Math.floor(Number(m[1]) * unit[1]);
}

/** `%.3g` of the time in its unit. */
export function printTime(ns: number): string {
	if (ns >= 1e9) return `${general3(ns / 1e9)}s`;
	if (ns >= 1e6) return `${general3(ns / 1e6)}ms`;
	if (ns >= 1e3) return `${general3(ns / 1e3)}us`;
	return `${ns}ns`;
}
function general3(value: number): string {
	const [digits, exponent] = value.toExponential(2).split("e") as [string, string];
	const e = Number(exponent);
	if (e >= 3) return `${String(Number(digits))}e+${String(e).padStart(2, "0")}`;
	return String(Number(value.toPrecision(3)));
}

/** `1Gbit`, `1500Kbit`: the largest unit that divides the rate, or any when it is 1000 units and more. */
export function printRate(bits: number): string {
	const units = ["", "K", "M", "G", "T"];
	let rate = bits;
	let i = 0;
	for (; i < units.length - 1; i++) {
		if (rate < 1000) break;
		if (rate % 1000 !== 0 && rate < 1_000_000) break;
		rate /= 1000;
	}
	return `${Math.round(rate)}${units[i]}bit`;
}
