/** The package's door: the command as a function, for programs that run it inside themselves. */
export { cli } from "./cli.ts";
export type { Io } from "./io/console.ts";
