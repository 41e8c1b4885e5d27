/** What the pool's tests have done in its threads. */
export async function after(ms: number): Promise<number> {
	await new Promise((resolve) => setTimeout(resolve, ms));
	return ms;
}
export function fail(message: string): never {
	throw new TypeError(message);
}
export function end(code: number): Promise<never> {
	process.exit(code);
}
