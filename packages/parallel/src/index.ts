/** The package's door. */
export type { Injection } from "./inject.ts";
export { type LabJob, type LabResult, runLabJob } from "./lab-job.ts";
export {
	type Job,
	JobError,
	type ModuleJob,
	type Outcome,
	type PoolOptions,
	poolResults,
	runPool,
} from "./pool.ts";
export type { CapturedFrame, Digest, Keep } from "./record.ts";
export { SplitLab, type SplitOptions, splitLab } from "./split.ts";
