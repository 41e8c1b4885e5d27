/** All scenarios by name. */
import { CHAIN } from "./chain.ts";
import { FLOOD } from "./flood.ts";
import { FRAGMENTED } from "./fragments.ts";
import { GROW } from "./grow.ts";
import { NAT } from "./nat.ts";
import type { Scenario } from "./scenario.ts";
import { TCP } from "./tcp.ts";

export const SCENARIOS: readonly Scenario[] = [...NAT, ...TCP, ...FLOOD, ...FRAGMENTED, ...CHAIN, ...GROW];

export function findScenario(name: string): Scenario | undefined {
	return SCENARIOS.find((s) => s.name === name);
}
