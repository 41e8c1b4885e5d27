/**
 * What holds for every test. Property tests draw the same cases in every run: a failure here is a failure anywhere. And every test
 * that moves frames ends with the account: injected + generated = delivered + dropped + held, and once everything that is due has
 * happened, the pool is whole again.
 */
import { Core } from "@hookline/engine/ring/core";
import { configureGlobal } from "fast-check";
import { afterEach, expect } from "vitest";

configureGlobal({ seed: 20261121 });

/** Labs that served frames or moved their clock during the present test. */
const used = new Set<Core>();
for (const name of ["settle", "runUntil", "runUntilIdle"] as const) {
	const original = Core.prototype[name] as (this: Core, ...args: unknown[]) => unknown;
	Object.defineProperty(Core.prototype, name, {
		value(this: Core, ...args: unknown[]): unknown {
			used.add(this);
			return original.apply(this, args);
		},
		writable: true,
		configurable: true,
	});
}

afterEach(() => {
	const cores = [...used];
	used.clear();
	for (const core of cores) {
		const { pool } = core;
		expect(pool.born[0] + pool.born[1], "the frame account").toBe(
			pool.deliveredTotal + pool.droppedTotal + pool.inUse,
		);
		core.runUntilIdle();
		expect(pool.born[0] + pool.born[1], "the frame account at rest").toBe(
			pool.deliveredTotal + pool.droppedTotal + pool.inUse,
		);
		expect(pool.inUse, "frames that nobody will ever end").toBe(0);
	}
});
