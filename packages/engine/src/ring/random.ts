/** A source of chance: xorshift128 (Marsaglia 2003), seeded, so that the same seed gives the same bytes. */
export class Random {
	private readonly s: Int32Array = new Int32Array(4);

	constructor(seed: number) {
		let x = seed | 0;
		for (let i = 0; i < 4; i++) {
			// splitmix32 spreads small seeds over the whole state
			x = (x + 0x9e3779b9) | 0;
			let z = x;
			z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
			z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
			this.s[i] = z ^ (z >>> 16);
		}
	}
	/** 32 random bits, signed. */
	i32(): number {
		const s = this.s;
		let t = s[3];
		const a = s[0];
		s[3] = s[2];
		s[2] = s[1];
		s[1] = a;
		t ^= t << 11;
		t ^= t >>> 8;
		s[0] = t ^ a ^ (a >>> 19);
		return s[0];
	}
	/** An integer of [0, n), n at most 2^31. */
	below(n: number): number {
		return (this.i32() >>> 0) % n;
	}
}
