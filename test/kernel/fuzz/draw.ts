/** Chance for the fuzzer: every choice comes from one seed, so a seed is a lab. */
import { Random } from "@hookline/engine/ring/random";

export class Draw {
	private readonly random: Random;

	constructor(seed: number) {
		this.random = new Random(seed);
		// neighbouring seeds begin alike
		for (let i = 0; i < 8; i++) this.random.i32();
	}
	/** An integer of [0, n). */
	below(n: number): number {
		return this.random.below(n);
	}
	/** An integer of [min, max]. */
	int(min: number, max: number): number {
		return min + this.below(max - min + 1);
	}
	/** True with probability `percent` / 100. */
	chance(percent: number): boolean {
		return this.below(100) < percent;
	}
	pick<T>(list: readonly T[]): T {
		return list[this.below(list.length)] as T;
	}
	/** `count` different members, in the list's order. */
	some<T>(list: readonly T[], count: number): T[] {
		const order = list.map((item) => ({ item, key: this.random.i32() }));
		const chosen = new Set(
			[...order]
				.sort((a, b) => a.key - b.key)
				.slice(0, count)
				.map((o) => o.item),
		);
		return list.filter((item) => chosen.has(item));
	}
	bytes(length: number): Uint8Array {
		return Uint8Array.from({ length }, () => this.below(256));
	}
}
