/** What a command of the emulated machine is given to run with. */
import type { Machine } from "@hookline/engine/ip/machine";
import type { Netns } from "@hookline/engine/ip/netns";
import type { CommandIo, Where } from "./shell/host.ts";

export interface CommandContext {
	readonly machine: Machine;
	/** The namespace that the command runs in. */
	readonly ns: Netns;
	readonly io: CommandIo;
	/** Where the command stands in the lab file, for `LabError`. */
	readonly where: Where;
	/**
	 * Runs any command in a namespace, as `ip netns exec` does; returns its exit status, undefined when there is no such command
	 * (then nothing was printed).
	 */
	readonly invoke: (argv: readonly string[], ns: Netns, io: CommandIo, where: Where) => number | undefined;
}
