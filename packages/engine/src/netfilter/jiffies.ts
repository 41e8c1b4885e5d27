/** The kernel's ticks, in which most of its timers count. Tick 0 is the lab's start. */

/** Ticks a second of the kernel that we emulate. */
export const HZ = 250;
/** ns a tick. */
export const NS_PER_JIFFY: number = 1e9 / HZ;

/** Virtual time in ticks. */
export function jiffies(clock: Float64Array): number {
	return Math.floor(clock[0] / NS_PER_JIFFY);
}
/** msecs_to_jiffies: rounded up. */
export function msecsToJiffies(ms: number): number {
	return Math.ceil((ms * HZ) / 1000);
}
