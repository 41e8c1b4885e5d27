/** The choice of a translated IPv6 tuple: addresses are handles, and ranges of them are compared and picked from by their words. */
import type { Core } from "../ring/core.ts";
import type { In6Table } from "../ring/in6.ts";
import type { CtTable } from "./ct-table.ts";
import { pickAddress6 } from "./nat-hash.ts";
import { UniqueTuple } from "./nat-unique.ts";

export class UniqueTuple6 extends UniqueTuple {
	private readonly in6: In6Table;
	private readonly picked: Int32Array = new Int32Array(4);

	constructor(table: CtTable, core: Core) {
		super(table, core);
		this.in6 = core.in6;
	}
	/** nf_inet_in_range: in the order of the bytes. */
	protected override addressInRange(addr: number, min: number, max: number): boolean {
		return this.compare(addr, min) >= 0 && this.compare(addr, max) <= 0;
	}
	protected override pickAddress(
		src: number,
		dst: number,
		min: number,
		max: number,
		persistent: boolean,
		destination: boolean,
	): number {
		const p = this.picked;
		pickAddress6(this.in6.words, src, dst, min, max, persistent, destination, p);
		return this.in6.intern(p[0], p[1], p[2], p[3]);
	}
	private compare(a: number, b: number): number {
		const { words } = this.in6;
		for (let i = 0; i < 4; i++) {
			const x = words[4 * a + i] >>> 0;
			const y = words[4 * b + i] >>> 0;
			if (x !== y) return x < y ? -1 : 1;
		}
		return 0;
	}
}
