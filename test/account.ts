/** The frame account, as every test that builds a lab ends: nothing is lost, nothing is left over. */
import type { Lab } from "hookline";
import { expect } from "vitest";

/** injected + generated = delivered + dropped + held; and once everything has timed out, the pool is whole again. */
export function expectAccount(lab: Lab): void {
	const c = lab.counters();
	expect(c.injected + c.generated, JSON.stringify(c)).toBe(c.delivered + c.dropped + c.held);
	lab.runUntilIdle();
	const end = lab.counters();
	expect(end.held, `frames held at rest: ${JSON.stringify(end)}`).toBe(0);
	expect(end.injected + end.generated).toBe(end.delivered + end.dropped);
}
